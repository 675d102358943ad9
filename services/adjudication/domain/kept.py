"""What a person's state keeps of its events: of coverages, records and scores all that they say, of bills and decisions
the bytes.

A bill and a decision are most of a log's bytes and are rarely looked at again: they are read when somebody asks, and
replay takes a quarter of the time. What is kept whole is kept as Structs, which are read from the log in a sixth of
the time that their contracts take: what was recorded has been checked.
"""

from collections.abc import Mapping
from datetime import date, datetime
from functools import cached_property
from types import MappingProxyType
from typing import ClassVar, Final, Literal, Self

import msgspec
from msgspec.structs import replace

from libs.contracts import Event, decode, encode, event_type
from libs.contracts.adjudication import ClaimAdjudicated, ClaimDenied, ClaimOpened
from libs.contracts.settlement import Scheme
from libs.contracts.views import View

ServiceOrder = tuple[date, date, str]
"""Admission, discharge, claim id: the order in which a benefit year's deductibles and caps are used up."""

Standing = ClaimAdjudicated | ClaimDenied

_OPENED: Final = ClaimOpened.__name__


class KeptWhole(View, frozen=True):
    """All of an event, field by field in its contract's order."""

    @classmethod
    def of(cls, event: Event) -> Self:
        """As it is read back from the event's bytes."""
        return cls(**vars(event))


class KeptCoverage(KeptWhole, frozen=True, kw_only=True):
    """`CoverageNoted`."""

    person_id: str
    coverage_id: str
    plan_id: str
    tier: str | None = None
    covered_from: date
    covered_to: date
    scheme: Scheme
    pre_existing: bool
    pre_existing_classes: tuple[str, ...] = ()
    groups: tuple[str, ...]
    continuous_years: int
    claim_free_years: int


class KeptRecords(KeptWhole, frozen=True, kw_only=True):
    """`RecordsNoted`."""

    person_id: str
    claim_id: str
    revision: int = 1
    available: bool
    settlement_matches: bool | None
    deceased_on: date | None = None


class KeptScore(KeptWhole, frozen=True, kw_only=True):
    """`ScoreNoted`."""

    person_id: str
    claim_id: str
    revision: int = 1
    score: int
    outcome: Literal["clear", "review"]
    scored_at: datetime


class FiledBill(msgspec.Struct, frozen=True, eq=False, dict=True):
    """A claim's bill in the revision that counts: its event while the claim is undecided (`opening`), from then on the
    event's bytes (`kept`). It is rarely read again, and its lines as objects would take ten times the room of
    everything else in the state."""

    revision: int
    order: ServiceOrder
    opening: ClaimOpened | None = None
    kept: bytes | None = None
    preauthorisation_id: str | None = None

    #: What people are shown of it.
    shown: ClassVar[Mapping[str, str]] = MappingProxyType({"opening": "body", "kept": "body"})

    @classmethod
    def of(cls, opened: ClaimOpened) -> "FiledBill":
        visit = opened.visit
        order = (visit.admitted_on, visit.discharged_on, opened.claim_id)
        return cls(opened.revision, order, opened, None, visit.preauthorisation_id)

    def opened(self) -> ClaimOpened:
        """The event it was filed by."""
        if self.opening is not None:
            return self.opening
        event = decode(_OPENED, ClaimOpened.schema_version, self.body)
        assert isinstance(event, ClaimOpened)
        return event

    @property
    def body(self) -> bytes:
        """Its event's bytes."""
        if self.kept is not None:
            return self.kept
        assert self.opening is not None, "a bill is its event or the event's bytes"
        return encode(self.opening)

    @property
    def decided(self) -> "FiledBill":
        """As it is kept from then on."""
        # A bill that kept itself as this would be a cycle, to be found by the collector alone.
        return self if self.opening is None else self._decided

    @cached_property
    def _decided(self) -> "FiledBill":
        # Encoded once, though a decision moves the state twice: made, and recorded.
        return replace(self, opening=None, kept=self.body)

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

    def recorded(self) -> tuple[str, int, bytes]:
        """As a recorded event would be made of it: type, version and body, without its explanation."""
        return event_type(self.decision), self.decision.schema_version, encode(self.decision)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StandingDecision) and self.decision == other.decision

    __hash__ = None  # type: ignore[assignment]


def _without_explanation(decision: Standing) -> Standing:
    if isinstance(decision, ClaimAdjudicated):
        return decision.model_copy(update={"explanation": None})
    return decision
