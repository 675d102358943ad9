"""How charities reach the service."""
