"""What can go wrong between payout and its bank, told apart by what may be done next."""


class BankError(Exception):
    """Base of every error of the bank client; `code` is stable and machine-readable."""

    code = "bank_error"


class BankUnreachable(BankError):
    """No usable answer. Do the same again: `may_have_arrived` says whether the bank could have acted already."""

    code = "bank_unreachable"

    def __init__(self, action: str, problem: str, *, may_have_arrived: bool) -> None:
        self.action = action
        self.may_have_arrived = may_have_arrived
        super().__init__(f"{action}: {problem}")


class BankRefusedFile(BankError):
    """The bank refused the whole file for what is in it; none of its payments will be made under this MsgId."""

    code = "bank_refused_file"

    def __init__(self, message_id: str, reason_code: str, findings: tuple[str, ...]) -> None:
        self.message_id = message_id
        self.reason_code = reason_code
        self.findings = findings
        super().__init__(f"file {message_id} refused, {reason_code}")


class BankAnswerUnreadable(BankError):
    """The bank said something that cannot be understood; `position` is the place of the answer, if it has one."""

    code = "bank_answer_unreadable"

    def __init__(self, what: str, problem: str, position: int | None = None) -> None:
        self.what = what
        self.position = position
        super().__init__(f"{what}: {problem}")


class BankAnswersMissing(BankError):
    """An answer after the cursor is gone though later ones are there: only a statement can tell what it said."""

    code = "bank_answers_missing"

    def __init__(self, position: int, next_waiting: int) -> None:
        self.position = position
        self.next_waiting = next_waiting
        super().__init__(f"answer {position} is gone, {next_waiting} is waiting")


class BankForgot(BankError):
    """The bank has fewer answers than the cursor: it lost its books, and would pay a file it already paid."""

    code = "bank_forgot"

    def __init__(self, cursor: int, answers: int) -> None:
        self.cursor = cursor
        self.answers = answers
        super().__init__(f"{cursor} answers were read, the bank knows of {answers}")
