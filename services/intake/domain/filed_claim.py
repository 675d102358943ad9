"""What intake has on file of a claim or a refusal: for who looks at it as it was."""

from dataclasses import dataclass, replace

from libs.contracts import Event
from libs.contracts.intake import (
    ClaimCorrected,
    ClaimRegistered,
    ClaimWithdrawn,
    FiledSettlement,
    SubmissionRefused,
)


@dataclass(frozen=True, slots=True)
class FiledClaim:
    """`filed` is the revision that counts; `withdrawn` says why the claim is void."""

    revision: int = 0
    filed: FiledSettlement | None = None
    withdrawn: str | None = None
    refused: SubmissionRefused | None = None


def initial(stream_id: str) -> FiledClaim:
    """Nothing is on file before a stream's first event."""
    del stream_id
    return FiledClaim()


def evolve(claim: FiledClaim, event: Event) -> FiledClaim:
    """What is on file after `event`."""
    match event:
        case ClaimRegistered():
            return replace(claim, revision=1, filed=event)
        case ClaimCorrected():
            return replace(claim, revision=event.revision, filed=event)
        case ClaimWithdrawn():
            return replace(claim, withdrawn=event.reason)
        case SubmissionRefused():
            return replace(claim, refused=event)
        case _:
            raise AssertionError(f"not an event of intake: {type(event).__name__}")
