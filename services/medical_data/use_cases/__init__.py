"""What medical data does, one file each."""
