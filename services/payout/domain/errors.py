"""What an operator may not do to a clawback or an insurer's statement."""


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


class StatementError(Exception):
    """Base of what is refused about insurers; `code` is stable and machine-readable."""

    code = "statement_error"


class StatementUnknown(StatementError):
    """The insurer has no statement of this id."""

    code = "statement_unknown"

    def __init__(self, statement_id: str) -> None:
        super().__init__(f"the insurer has no statement {statement_id}")


class NothingToState(StatementError):
    """Nothing has been borne or released since the last statement."""

    code = "nothing_to_state"

    def __init__(self, insurer: str, plan_id: str) -> None:
        super().__init__(f"{insurer} has borne and released nothing of {plan_id} since its last statement")


class StatementDiffers(StatementError):
    """The statement was settled by another transfer."""

    code = "statement_differs"

    def __init__(self, statement_id: str) -> None:
        super().__init__(f"statement {statement_id} is settled by another reference")
