"""What can be wrong with a payment we want to write, or with a message a bank sent."""


class Iso20022Error(Exception):
    """Base of every error of this library; `code` is stable and machine-readable."""

    code = "iso20022_error"


class FieldInvalid(Iso20022Error):
    """A value has no place in a payment file: too long, empty, or with characters the field does not allow."""

    code = "payment_field_invalid"

    def __init__(self, field: str, found: str, right: str) -> None:
        self.field = field
        self.right = right
        super().__init__(f"{field}: {found}; right would be {right}")


class EndToEndIdRepeated(Iso20022Error):
    """Two payments of one file share an EndToEndId: the bank would pay one and report both under one name."""

    code = "end_to_end_id_repeated"

    def __init__(self, end_to_end_id: str) -> None:
        self.end_to_end_id = end_to_end_id
        super().__init__(f"EndToEndId {end_to_end_id} is in the file twice")


class MessageUnreadable(Iso20022Error):
    """The bytes are not the message they should be: not XML, another message, or outside its schema."""

    code = "message_unreadable"

    def __init__(self, message: str, problem: str) -> None:
        self.message = message
        self.problem = problem
        super().__init__(f"{message}: {problem}")
