"""What an edge raises when it cannot turn input into a submission: all that is wrong, at once."""

from dataclasses import dataclass

from libs.contracts.intake import RefusalReason


class InteropError(Exception):
    """Base of the errors of this library."""

    code = "interop_error"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Every reason, in reading order, and what could still be read of who sent it about whom.

    `id_number` is personal: seal or hash it, never log it. It is given only when it is a valid number.
    """

    reasons: tuple[RefusalReason, ...]
    hospital_id: str | None = None
    submission_id: str | None = None
    id_number: str | None = None


class SubmissionInvalid(InteropError):
    """The input cannot become a claim. The message holds codes and locations, no personal data."""

    code = "submission_invalid"

    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal
        listed = "; ".join(f"{reason.code} at {reason.location or '/'}" for reason in refusal.reasons[:5])
        super().__init__(f"{len(refusal.reasons)} reason(s): {listed}")

    @property
    def reasons(self) -> tuple[RefusalReason, ...]:
        """What is wrong, in reading order."""
        return self.refusal.reasons
