"""Errors of the simulated platform. Messages hold no personal data."""


class BureauError(Exception):
    """Base of this service's errors."""

    code = "bureau_error"


class DepositInvalid(BureauError):
    """A deposit that no insurance centre would send."""

    code = "deposit_invalid"


class TooMany(BureauError):
    """More items in one request than the platform takes."""

    code = "too_many"

    def __init__(self, count: int, limit: int) -> None:
        super().__init__(f"{count} items in one request, at most {limit} are taken")
