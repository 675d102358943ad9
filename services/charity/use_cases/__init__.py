"""What charity does, one file each."""
