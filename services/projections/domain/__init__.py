"""What a rebuild decides; pure."""
