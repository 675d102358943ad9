"""What an operator may not do to a clawback, a payment that came back, or an insurer's statement."""


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


class PayAgainError(Exception):
    """Base of what is refused when money that came back is to be paid again; `code` is stable."""

    code = "pay_again_error"


class PaymentUnknown(PayAgainError):
    """No payment has this id."""

    code = "payment_unknown"

    def __init__(self, payment_id: str) -> None:
        super().__init__(f"there is no payment {payment_id}")


class NothingUnpayable(PayAgainError):
    """It was not rejected and did not come back, or nothing of it is owed any more."""

    code = "nothing_unpayable"

    def __init__(self, payment_id: str, status: str) -> None:
        super().__init__(f"payment {payment_id} is {status}: nothing of it waits to be paid again")


class NothingProposed(PayAgainError):
    """There is no proposal of the amount that is owed now."""

    code = "nothing_proposed"

    def __init__(self, payment_id: str) -> None:
        super().__init__(f"nobody has proposed to pay what is owed of {payment_id} now")


class ProposerApproves(PayAgainError):
    """Two people are needed."""

    code = "same_person"

    def __init__(self, who: str) -> None:
        super().__init__(f"{who} has proposed it: somebody else has to approve it")


class NoIdentity(PayAgainError):
    """The person is not known here, or was erased: there is nobody to pay to."""

    code = "no_identity"

    def __init__(self, payment_id: str) -> None:
        super().__init__(
            f"nothing is known here of the person of payment {payment_id}; erased people are not paid"
        )


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


class SettledInFuture(StatementError):
    """A transfer is recorded when it has been made."""

    code = "settled_in_future"

    def __init__(self) -> None:
        super().__init__("the day of the transfer has not come yet")
