"""Independent processes that speak through events only. No service imports another."""
