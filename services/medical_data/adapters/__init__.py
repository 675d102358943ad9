"""The bureau by HTTP and the working table in PostgreSQL."""
