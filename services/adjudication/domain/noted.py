"""What a person's state reads of each recorded event: the least that it looks at."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

import msgspec

from libs.contracts import Event, decode
from libs.contracts.adjudication import (
    ClaimAdjudicated,
    ClaimDenied,
    ClaimOpened,
    CoverageNoted,
    RecordsNoted,
    ScoreNoted,
)
from libs.contracts.registry import newest_body
from libs.contracts.views import View, Views
from services.adjudication.domain.kept import (
    FiledBill,
    KeptCoverage,
    KeptRecords,
    KeptScore,
    Standing,
    StandingDecision,
)


class NotedOpening(msgspec.Struct, frozen=True, gc=False):
    """What `ClaimOpened` says to the state."""

    claim_id: str
    answer_due_at: datetime
    bill: FiledBill
    centre_fen: int | None = None
    """What the insurance centre settled by it; None when it says nothing of the centre."""

    @classmethod
    def of(cls, opened: ClaimOpened) -> "NotedOpening":
        centre_fen = None if opened.one_stop is None else opened.one_stop.total_fen
        return cls(opened.claim_id, opened.answer_due_at, FiledBill.of(opened), centre_fen)


class NotedDecision(msgspec.Struct, frozen=True, gc=False):
    """What `ClaimAdjudicated` or `ClaimDenied` says to the state."""

    claim_id: str
    number: int
    without_records: bool
    decided: StandingDecision

    @classmethod
    def of(cls, decision: Standing) -> "NotedDecision":
        without_records = isinstance(decision, ClaimAdjudicated) and decision.without_records
        return cls(decision.claim_id, decision.number, without_records, StandingDecision.of(decision))


Noted = NotedOpening | NotedDecision | KeptCoverage | KeptRecords | KeptScore
"""An event as `evolve` takes it; of the other types there are few, and `evolve` takes them whole."""

_AS_NOTED: Mapping[type, Callable[[Any], Noted]] = {
    ClaimOpened: NotedOpening.of,
    ClaimAdjudicated: NotedDecision.of,
    ClaimDenied: NotedDecision.of,
    CoverageNoted: KeptCoverage.of,
    RecordsNoted: KeptRecords.of,
    ScoreNoted: KeptScore.of,
}


def as_noted(event: Event | Noted) -> Event | Noted:
    """An event that was just decided as it is read back from the log."""
    kept = _AS_NOTED.get(type(event))
    return event if kept is None else kept(event)


class Stay(View, frozen=True):
    """When the patient was treated, and whether the hospital had asked before."""

    admitted_on: date
    discharged_on: date
    preauthorisation_id: str | None = None


class CentreSettled(View, frozen=True):
    """How much the insurance centre settled."""

    total_fen: int


class OpenedView(View, frozen=True):
    """Of a bill, what orders it, and whether the patient has the plan's money already."""

    claim_id: str
    visit: Stay
    answer_due_at: datetime
    revision: int = 1
    one_stop: CentreSettled | None = None


class AdjudicatedView(View, frozen=True):
    """Of a decision, which it is."""

    claim_id: str
    number: int = 1
    without_records: bool = False


class DeniedView(View, frozen=True):
    """Of a refusal, which it is."""

    claim_id: str
    number: int = 1


VIEWS = Views(
    {
        ClaimOpened: OpenedView,
        ClaimAdjudicated: AdjudicatedView,
        ClaimDenied: DeniedView,
        CoverageNoted: KeptCoverage,
        RecordsNoted: KeptRecords,
        ScoreNoted: KeptScore,
    }
)


def read_for_state(type_name: str, version: int, body: bytes) -> Event | Noted:
    """A recorded event as far as `evolve` looks at it. Raises as `contracts.decode` does."""
    return _READ.get(type_name, decode)(type_name, version, body)


def _opening(type_name: str, version: int, body: bytes) -> NotedOpening:
    seen: OpenedView = VIEWS.decode(type_name, version, body)
    order = (seen.visit.admitted_on, seen.visit.discharged_on, seen.claim_id)
    newest = newest_body(type_name, version, body)
    bill = FiledBill(seen.revision, order, None, newest, seen.visit.preauthorisation_id)
    centre_fen = None if seen.one_stop is None else seen.one_stop.total_fen
    return NotedOpening(seen.claim_id, seen.answer_due_at, bill, centre_fen)


def _decision(type_name: str, version: int, body: bytes) -> NotedDecision:
    seen: AdjudicatedView | DeniedView = VIEWS.decode(type_name, version, body)
    without_records = isinstance(seen, AdjudicatedView) and seen.without_records
    return NotedDecision(
        seen.claim_id, seen.number, without_records, StandingDecision(type_name, version, body)
    )


_READ: Mapping[str, Callable[[str, int, bytes], Event | Noted]] = {
    ClaimOpened.__name__: _opening,
    ClaimAdjudicated.__name__: _decision,
    ClaimDenied.__name__: _decision,
    CoverageNoted.__name__: VIEWS.decode,
    RecordsNoted.__name__: VIEWS.decode,
    ScoreNoted.__name__: VIEWS.decode,
}
