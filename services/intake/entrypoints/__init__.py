"""The ways in: HTTP and the ingress topic."""
