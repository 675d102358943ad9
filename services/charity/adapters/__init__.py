"""PostgreSQL and files behind the use cases."""
