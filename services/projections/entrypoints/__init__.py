"""HTTP over the read models."""
