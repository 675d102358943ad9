"""What an operator may not do to a clawback."""


class ClawbackError(Exception):
    """Base of what is refused; `code` is stable and machine-readable."""

    code = "clawback_error"


class ClawbackUnknown(ClawbackError):
    """No clawback has this id."""

    code = "clawback_unknown"

    def __init__(self, clawback_id: str) -> None:
        super().__init__(f"there is no clawback {clawback_id}")


class RepaymentTooLarge(ClawbackError):
    """More was repaid than is open: what is beyond it is the person's."""

    code = "repayment_too_large"

    def __init__(self, amount_fen: int, open_fen: int) -> None:
        super().__init__(f"{amount_fen} fen were repaid, {open_fen} fen are open")


class RepaymentDiffers(ClawbackError):
    """The reference was recorded with another amount."""

    code = "repayment_differs"

    def __init__(self, reference: str, recorded_fen: int) -> None:
        super().__init__(f"{reference} is recorded with {recorded_fen} fen")


class NothingOpen(ClawbackError):
    """Nothing is open, and nothing was written off: it was repaid or netted."""

    code = "nothing_open"

    def __init__(self, clawback_id: str) -> None:
        super().__init__(f"nothing of clawback {clawback_id} is open")
