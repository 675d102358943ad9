"""Every published worked example, as settlements through the claim's process, comes out as it was printed."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from libs.benefits import load_plans
from libs.contracts import Event
from libs.contracts.adjudication import ClaimAdjudicated
from libs.contracts.enrolment import CoverageActivated
from libs.contracts.fraud import ClaimScored
from libs.contracts.intake import ClaimRegistered
from libs.contracts.medical_data import RecordsUnavailable
from libs.interop.submission import Submission
from libs.money import round_to
from libs.synthetic.published_examples import PublishedExample, published_examples
from services.adjudication.domain.commands import Clocks, Heard, TakeNote
from services.adjudication.domain.evolving import evolve
from services.adjudication.domain.process import decide
from services.adjudication.domain.state import Person, initial

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PERSON = "p_" + "0" * 32
SEALED = "s1." + "0" * 32 + ".AAAA"
DECIDED = [example for example in published_examples() if example.expected.check == "decision"]


@pytest.mark.parametrize("example", DECIDED, ids=lambda example: example.id)
def test_the_published_figures_come_out(example: PublishedExample) -> None:
    decisions = [event for event in _run(example) if isinstance(event, ClaimAdjudicated)]
    assert len(decisions) == len(example.submissions)
    paid = Counter[str]()
    for decision in decisions:
        for liability in decision.liabilities:
            paid[liability.liability_id] += liability.paid_fen
        assert sum(bearing.amount_fen for bearing in decision.bearings) == decision.bill_fen
    unit = example.expected.precision_fen
    rounded = {name: round_to(fen, unit) for name, fen in paid.items() if fen}
    assert rounded == {name: fen for name, fen in example.expected.liabilities.items() if fen}
    assert sum(rounded.values()) == example.expected.plan_pays_fen


def _run(example: PublishedExample) -> list[Event]:
    person = initial(f"person-{PERSON}")
    said: list[Event] = []
    for heard in _what_is_heard(example):
        events = decide(person, TakeNote(heard, NOW, Clocks()), load_plans())
        person = _folded(person, events)
        said += events
    return said


def _folded(person: Person, events: Sequence[Event]) -> Person:
    for event in events:
        person = evolve(person, event)
    return person


def _what_is_heard(example: PublishedExample) -> list[Heard]:
    assert example.coverage is not None
    coverage = CoverageActivated(
        person_id=PERSON,
        coverage_id=str(uuid4()),
        enrolled_at=NOW,
        identity=SEALED,
        **example.coverage.model_dump(exclude={"account", "account_bank"}),
    )
    heard: list[Heard] = [coverage]
    for number, submission in enumerate(example.submissions):
        claim_id = f"{example.id}-{number}"
        heard += [_registered(claim_id, submission), _no_records(claim_id), _clear(claim_id)]
    return heard


def _registered(claim_id: str, submission: Submission) -> ClaimRegistered:
    return ClaimRegistered(
        person_id=PERSON,
        claim_id=claim_id,
        submission_id=submission.submission_id,
        submission_digest=submission.digest(),
        channel="settlement_http",
        received_at=NOW,
        visit=submission.visit,
        settlement=submission.settlement,
        lines=submission.lines,
        identity=SEALED,
        medical=SEALED,
    )


def _no_records(claim_id: str) -> RecordsUnavailable:
    return RecordsUnavailable(
        person_id=PERSON,
        claim_id=claim_id,
        reason="the bureau is not part of this test",
        attempts=1,
        given_up_at=NOW,
    )


def _clear(claim_id: str) -> ClaimScored:
    return ClaimScored(
        person_id=PERSON,
        claim_id=claim_id,
        score=0,
        outcome="clear",
        reasons=(),
        features={},
        rules_digest="",
        threshold=600,
        scored_at=NOW,
    )
