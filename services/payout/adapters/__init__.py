"""Where payout meets the world outside."""
