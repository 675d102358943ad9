"""What fraud does, one file each."""
