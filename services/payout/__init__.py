"""Payout: one payment per decision, carried to the bank and followed until it is booked."""
