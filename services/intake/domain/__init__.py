"""What intake decides, without any I/O."""
