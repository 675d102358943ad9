"""What every service stands on. Libraries never import a service."""
