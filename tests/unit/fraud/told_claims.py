"""What fraud is told of claims, and what it says, for tests."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import reduce

from libs.contracts import Event
from libs.contracts.fraud import (
    ClaimScored,
)
from libs.testing.heard_events import (
    NOW,
    PERSON,
    a_claim_corrected,
    a_claim_registered,
    a_claim_withdrawn,
    records_attached,
    records_unavailable,
)
from services.fraud.adapters.rules_file import read_rules
from services.fraud.domain.commands import (
    Command,
    ConcludeReview,
    NoteClaim,
    NoteRecords,
    NoteWithdrawal,
)
from services.fraud.domain.scoring import decide, review_id
from services.fraud.domain.state import Person, evolve, initial

RULES = read_rules()
WITHIN = timedelta(hours=48)
OTHER_HOSPITAL = "H41050200777"


def registered(
    claim_id: str = "claim-1", invoice_claim_id: str | None = None, **changes: object
) -> NoteClaim:
    return NoteClaim(a_claim_registered(claim_id, **changes), invoice_claim_id, NOW, WITHIN)  # type: ignore[arg-type]


def attached(claim_id: str = "claim-1", **changes: object) -> NoteRecords:
    return NoteRecords(records_attached(claim_id, **changes), NOW, WITHIN)  # type: ignore[arg-type]


def corrected(claim_id: str = "claim-1", revision: int = 2, **changes: object) -> NoteClaim:
    return NoteClaim(a_claim_corrected(claim_id, revision, **changes), None, NOW, WITHIN)


def withdrawn(claim_id: str = "claim-1") -> NoteWithdrawal:
    return NoteWithdrawal(a_claim_withdrawn(claim_id), NOW, WITHIN)


def unavailable(claim_id: str = "claim-1") -> NoteRecords:
    return NoteRecords(records_unavailable(claim_id), NOW, WITHIN)


def concluded(verdict: str, claim_id: str = "claim-1") -> ConcludeReview:
    return ConcludeReview(review_id(claim_id), claim_id, verdict, "r.li", "checked_by_phone", NOW)  # type: ignore[arg-type]


def folded(events: Iterable[Event]) -> Person:
    return reduce(evolve, events, initial(f"person-{PERSON}"))


def run(*commands: Command) -> list[Event]:
    """The log after the commands."""
    said: list[Event] = []
    for command in commands:
        said += decide(folded(said), command, RULES)
    return said


def kinds(events: Sequence[Event]) -> list[str]:
    return [type(event).__name__ for event in events]


def only_score(events: Sequence[Event]) -> ClaimScored:
    (scored,) = [event for event in events if isinstance(event, ClaimScored)]
    return scored
