"""A person's history relived under another rule: the facts of the log as they came, every decision made anew.

Pure, and the whole of a replay: it is given facts and a rule and gives back a state. No port of the live service
(log, clocks, topics, HTTP) can be handed to it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from libs.contracts import Event
from libs.contracts.adjudication import (
    AdjudicationReversed,
    ClaimAdjudicated,
    ClaimDeadlinePassed,
    ClaimDenied,
    ClaimOpened,
    ClaimPended,
    DecisionConfirmed,
    ReviewNoted,
    ScoreNoted,
)
from libs.contracts.one_stop import OneStopDifferenceEnded, OneStopDifferenceFound
from libs.contracts.preauthorisation import PreauthorisationAnswer, ReservationConverted
from services.adjudication.domain.circumstances import Circumstances
from services.adjudication.domain.commands import Clocks
from services.adjudication.domain.decision import PlanBook
from services.adjudication.domain.evolving import evolve
from services.adjudication.domain.following import what_follows
from services.adjudication.domain.state import Person

FOLLOWED: Final = (
    ClaimPended,
    ClaimAdjudicated,
    ClaimDenied,
    AdjudicationReversed,
    DecisionConfirmed,
    OneStopDifferenceFound,
    OneStopDifferenceEnded,
    PreauthorisationAnswer,
    ReservationConverted,
)
"""What adjudication itself said; everything else in a person's log is a fact that came from outside."""

UnheardReviews = Literal["waiting", "legitimate", "fraudulent"]
CentreAmounts = Literal["taken", "evaluated"]


@dataclass(frozen=True, slots=True)
class Rule:
    """What decides in a fork.

    With a `fraud_threshold`, a score asks for a review from it on and not below. History has no verdict for a review
    that only the fork asks for, nor for one that was still open: `unheard_reviews` says what becomes of both. What the
    insurance centre settled is a fact under the rule of then: `taken` as recorded, or `evaluated` as if it had computed
    by the fork's plans.
    """

    plans: PlanBook
    fraud_threshold: int | None = None
    unheard_reviews: UnheardReviews = "waiting"
    centre_amounts: CentreAmounts = "taken"
    clocks: Clocks = field(default_factory=Clocks)

    @property
    def reviews_otherwise(self) -> bool:
        """Whether it asks for other reviews, or lets them end otherwise, than the history did."""
        return self.fraud_threshold is not None or self.unheard_reviews != "waiting"


@dataclass(frozen=True, slots=True)
class Happened:
    """A recorded event and the moment it was recorded: the moment that was decided at."""

    event: Event
    at: datetime


def relive(person: Person, history: Iterable[Happened], rule: Rule) -> Person:
    """The person as they would be, had `rule` been in force from the start. Recorded decisions are passed over."""
    history = tuple(history)
    heard = _verdicts(history) if rule.reviews_otherwise else frozenset()
    for happened in history:
        if isinstance(happened.event, FOLLOWED):
            continue
        around = Circumstances(happened.at, rule.clocks, rule.plans)
        for fact in _under(rule, person, happened.event, heard):
            followed = what_follows(person, [fact], around)
            for event in (fact, *followed):
                person = evolve(person, event)
    return person


def as_recorded(person: Person, history: Iterable[Happened]) -> Person:
    """The person as the log has them."""
    for happened in history:
        person = evolve(person, happened.event)
    return person


Verdicts = frozenset[tuple[str, int]]
"""The claims and revisions that history has a verdict for."""


def _verdicts(history: Iterable[Happened]) -> Verdicts:
    events = (happened.event for happened in history)
    return frozenset((one.claim_id, one.revision) for one in events if isinstance(one, ReviewNoted))


def _under(rule: Rule, person: Person, fact: Event, heard: Verdicts) -> Iterator[Event]:
    """The facts that a recorded one stands for: another rule asks for other reviews, and sets other clocks."""
    match fact:
        case ClaimDeadlinePassed():
            due_at = person.claim(fact.claim_id).due_at
            if due_at is not None and due_at <= fact.passed_at:
                yield fact.model_copy(update={"due_at": due_at})
        case ClaimOpened() if rule.centre_amounts == "evaluated":
            yield fact.model_copy(update={"one_stop": None})
        case ScoreNoted() if rule.reviews_otherwise:
            yield from _scored(rule, fact, heard)
        case ReviewNoted() if rule.fraud_threshold is not None:
            score = person.claim(fact.claim_id).scores.get(fact.revision)
            # Nobody looks at a claim that the fork's threshold lets pass.
            if score is None or score.outcome == "review":
                yield fact
        case _:
            yield fact


def _scored(rule: Rule, score: ScoreNoted, heard: Verdicts) -> Iterator[Event]:
    if rule.fraud_threshold is not None:
        asks = score.score >= rule.fraud_threshold
        score = score.model_copy(update={"outcome": "review" if asks else "clear"})
    yield score
    if (
        score.outcome == "review"
        and rule.unheard_reviews != "waiting"
        and (score.claim_id, score.revision) not in heard
    ):
        yield ReviewNoted(
            person_id=score.person_id,
            claim_id=score.claim_id,
            revision=score.revision,
            verdict=rule.unheard_reviews,
        )
