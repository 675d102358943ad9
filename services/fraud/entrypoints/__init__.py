"""How reviewers reach fraud."""
