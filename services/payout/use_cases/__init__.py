"""What payout does, one file each."""
