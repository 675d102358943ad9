"""What operators ask medical data."""
