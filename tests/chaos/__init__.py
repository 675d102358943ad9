"""A platform under load while everything around and in it fails, and what must be true afterwards."""
