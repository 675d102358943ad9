"""What a person's state keeps of a bill and of a decision, and the least that must be read of either to keep it.

A bill and a decision are most of a log's bytes and are rarely looked at again. A state that is folded from the log
keeps them as their events' bytes, and reads them when somebody asks: replay takes a quarter of the time.
"""

from collections.abc import Mapping
from datetime import date, datetime
from functools import cached_property
from types import MappingProxyType
from typing import Any, ClassVar, Final

import msgspec
from msgspec.structs import replace

from libs.contracts import Event, decode, encode
from libs.contracts.adjudication import ClaimAdjudicated, ClaimDenied, ClaimOpened
from libs.contracts.registry import newest_body
from libs.contracts.views import View, Views

ServiceOrder = tuple[date, date, str]
"""Admission, discharge, claim id: the order in which a benefit year's deductibles and caps are used up."""

Standing = ClaimAdjudicated | ClaimDenied

_OPENED: Final = ClaimOpened.__name__
_ADJUDICATED: Final = ClaimAdjudicated.__name__
_DENIED: Final = ClaimDenied.__name__


class FiledBill(msgspec.Struct, frozen=True, eq=False, dict=True):
    """A claim's bill in the revision that counts. Once the claim is decided it is kept as its event's bytes: it is
    rarely read again, and its lines as objects would take ten times the room of everything else in the state."""

    revision: int
    order: ServiceOrder
    filed: ClaimOpened | bytes
    preauthorisation_id: str | None = None

    #: What people are shown of it.
    shown: ClassVar[Mapping[str, str]] = MappingProxyType({"filed": "body"})

    @classmethod
    def of(cls, opened: ClaimOpened) -> "FiledBill":
        visit = opened.visit
        order = (visit.admitted_on, visit.discharged_on, opened.claim_id)
        return cls(opened.revision, order, opened, visit.preauthorisation_id)

    def opened(self) -> ClaimOpened:
        """The event it was filed by."""
        if not isinstance(self.filed, bytes):
            return self.filed
        event = decode(_OPENED, ClaimOpened.schema_version, self.filed)
        assert isinstance(event, ClaimOpened)
        return event

    @property
    def body(self) -> bytes:
        """Its event's bytes."""
        return self.filed if isinstance(self.filed, bytes) else encode(self.filed)

    @cached_property
    def decided(self) -> "FiledBill":
        """As it is kept from then on. Encoded once, though a decision moves the state twice: made, and recorded."""
        return self if isinstance(self.filed, bytes) else replace(self, filed=self.body)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FiledBill) and self.body == other.body

    __hash__ = None  # type: ignore[assignment]

    @property
    def admitted_on(self) -> date:
        return self.order[0]


class StandingDecision:
    """The decision that counts; read from its bytes when it is first asked for."""

    def __init__(self, type_name: str, version: int, body: bytes) -> None:
        self._recorded: tuple[str, int, bytes] | None = (type_name, version, body)

    @classmethod
    def of(cls, decision: Standing) -> "StandingDecision":
        """One that was just made."""
        made = cls.__new__(cls)
        made._recorded = None
        made.decision = _without_explanation(decision)
        return made

    @cached_property
    def decision(self) -> Standing:
        """Without its explanation."""
        assert self._recorded is not None, "a decision that was made is known"
        event = decode(*self._recorded)
        assert isinstance(event, ClaimAdjudicated | ClaimDenied)
        self._recorded = None
        return _without_explanation(event)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StandingDecision) and self.decision == other.decision

    __hash__ = None  # type: ignore[assignment]


def _without_explanation(decision: Standing) -> Standing:
    if isinstance(decision, ClaimAdjudicated):
        return decision.model_copy(update={"explanation": None})
    return decision


class NotedOpening(msgspec.Struct, frozen=True):
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


class NotedDecision(msgspec.Struct, frozen=True):
    """What `ClaimAdjudicated` or `ClaimDenied` says to the state."""

    claim_id: str
    number: int
    without_records: bool
    decided: StandingDecision

    @classmethod
    def of(cls, decision: Standing) -> "NotedDecision":
        without_records = isinstance(decision, ClaimAdjudicated) and decision.without_records
        return cls(decision.claim_id, decision.number, without_records, StandingDecision.of(decision))


Noted = NotedOpening | NotedDecision


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


VIEWS = Views({ClaimOpened: OpenedView, ClaimAdjudicated: AdjudicatedView, ClaimDenied: DeniedView})


def read_for_state(type_name: str, version: int, body: bytes) -> Event | Noted:
    """A recorded event as far as `evolve` looks at it. Raises as `contracts.decode` does."""
    if type_name == _OPENED:
        seen: OpenedView = VIEWS.decode(type_name, version, body)
        order = (seen.visit.admitted_on, seen.visit.discharged_on, seen.claim_id)
        newest = newest_body(type_name, version, body)
        bill = FiledBill(seen.revision, order, newest, seen.visit.preauthorisation_id)
        centre_fen = None if seen.one_stop is None else seen.one_stop.total_fen
        return NotedOpening(seen.claim_id, seen.answer_due_at, bill, centre_fen)
    if type_name in (_ADJUDICATED, _DENIED):
        decision: Any = VIEWS.decode(type_name, version, body)
        without_records = type_name == _ADJUDICATED and decision.without_records
        kept = StandingDecision(type_name, version, body)
        return NotedDecision(decision.claim_id, decision.number, without_records, kept)
    return decode(type_name, version, body)
