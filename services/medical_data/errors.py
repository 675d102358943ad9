"""What can go wrong between us and the bureau, each named as the fact. No message carries personal data."""


class MedicalDataError(Exception):
    """Base of this service's errors. `code` is the reason that RecordsUnavailable gives."""

    code = "medical_data_error"


class BureauUnreachable(MedicalDataError):
    """The bureau did not answer, or said that it cannot now: the same question may be answered later."""

    code = "bureau_unreachable"

    def __init__(self, detail: str) -> None:
        super().__init__(f"the bureau cannot be reached: {detail}")


class BureauRefused(MedicalDataError):
    """The bureau does not take our question: a fault of ours or of the agreement with it."""

    code = "bureau_refused"

    def __init__(self, status: int) -> None:
        super().__init__(f"the bureau refuses the look-up with HTTP {status}")


class AnswerUnreadable(MedicalDataError):
    """The bureau's answer, or one item of it, does not have the agreed form."""

    code = "answer_unreadable"

    def __init__(self, detail: str) -> None:
        super().__init__(f"the bureau's answer cannot be read: {detail}")


class AnswerAboutAnother(MedicalDataError):
    """The item at our question's place is about another settlement: nothing of it may be attached."""

    code = "answer_about_another"

    def __init__(self) -> None:
        super().__init__("the bureau answered about another settlement")


class SettlementNotFound(MedicalDataError):
    """The bureau does not know the settlement (yet)."""

    code = "settlement_not_found"

    def __init__(self) -> None:
        super().__init__("the bureau does not know the settlement")


class IdentityUnreadable(MedicalDataError):
    """The claim's identity cannot be unsealed or holds no identity number: nothing can be asked."""

    code = "identity_unreadable"

    def __init__(self, detail: str) -> None:
        super().__init__(f"the claim's identity cannot be read: {detail}")
