"""Payout: one decision, one payment, never two."""
