"""What intake does, one file each."""
