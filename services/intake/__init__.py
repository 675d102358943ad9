"""Intake: settled discharges become claims, each exactly once, or are refused with every reason."""
