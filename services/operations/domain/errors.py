"""What can go wrong when the platform is operated."""


class OperationsError(Exception):
    """Base of this service's errors; the message is for the person at the terminal."""

    code = "operations_error"
