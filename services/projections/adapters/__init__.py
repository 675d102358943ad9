"""Generations of a read model in PostgreSQL, and the logs they are built from."""
