"""Ordinary generated claims score clear; the patterns planted among them are reviewed."""

from collections import Counter
from datetime import timedelta
from functools import reduce

import pytest

from libs.interop.submission import Submission
from libs.interop.terminology import icd10_chapter
from libs.synthetic import labelled_discharges
from libs.testing.heard_events import NOW, a_claim_registered, person_numbered, records_attached
from services.fraud.adapters.rules_file import read_rules
from services.fraud.domain.commands import NoteClaim, NoteRecords
from services.fraud.domain.scoring import decide
from services.fraud.domain.state import Person, evolve, initial

RULES = read_rules()
DISCHARGES = 4_000
PLANTED_BP = 500
PLANS = ("anyang-2022", "weifang-2022", "shantou-2022")
# Patterns of two bills: the first of them is as innocent as it looks when it arrives.
PAIRS = frozenset({"split_stay", "overlapping_stays", "invoice_reused"})


class Office:
    """Scores submissions one after the other, as fraud does, with a bureau that answers and knows nothing unusual."""

    def __init__(self) -> None:
        self._people: dict[str, Person] = {}
        self._first_with: dict[str, str] = {}

    def outcome(self, submission: Submission) -> str:
        person_id = person_numbered(int(submission.person.id_number.replace("X", "0")))
        claim_id = submission.submission_id
        main = submission.main_diagnosis
        registered = a_claim_registered(
            claim_id,
            person_id=person_id,
            visit=submission.visit,
            settlement=submission.settlement,
            lines=submission.lines,
            main_diagnosis_chapter=icd10_chapter(main.code) if main else None,
        )
        first = self._first_with.setdefault(submission.invoice_number or claim_id, claim_id)
        person = self._people.get(person_id) or initial(f"person-{person_id}")
        noted = decide(
            person,
            NoteClaim(registered, first if first != claim_id else None, NOW, timedelta(days=2)),
            RULES,
        )
        person = reduce(evolve, noted, person)
        cyclic = main is not None and main.code.startswith(("C", "N18.5"))
        records = records_attached(claim_id, person_id=person_id, cyclic_treatment=cyclic)
        person = reduce(evolve, decide(person, NoteRecords(records, NOW, timedelta(days=2)), RULES), person)
        self._people[person_id] = person
        scored = person.claim(claim_id).scored
        assert scored is not None
        return scored.outcome


@pytest.fixture(scope="module")
def outcomes() -> dict[str | None, Counter[str]]:
    """How often each outcome came, by planted pattern (None: an ordinary discharge)."""
    office, found = Office(), dict[str | None, Counter[str]]()
    made = labelled_discharges(11, PLANS, 3_000, PLANTED_BP)
    for discharge, _ in zip(made, range(DISCHARGES), strict=False):
        found.setdefault(discharge.pattern, Counter())[office.outcome(discharge.submission)] += 1
    return found


def test_every_stay_that_is_settled_a_second_time_is_reviewed() -> None:
    office, settled_twice = Office(), 0
    for number, discharge in zip(range(1_000), labelled_discharges(12, PLANS, 3_000), strict=False):
        office.outcome(discharge.submission)
        if discharge.submission.visit.kind == "inpatient":
            ids = {"submission_id": f"again-{number}", "invoice_number": f"again-{number}"}
            again = discharge.submission.model_copy(update=ids)
            settled_twice += 1
            assert office.outcome(again) == "review", again.visit
    assert settled_twice > 100


def test_ordinary_discharges_are_clear(outcomes: dict[str | None, Counter[str]]) -> None:
    ordinary = outcomes[None]
    # What remains are people whose planted second stay ran into their next ordinary one.
    assert ordinary["review"] * 200 <= ordinary.total()


@pytest.mark.parametrize("pattern", sorted(PAIRS - {"split_stay"}))
def test_the_second_bill_of_a_planted_pair_is_reviewed(
    outcomes: dict[str | None, Counter[str]], pattern: str
) -> None:
    planted = outcomes[pattern]
    assert planted["review"] * 2 >= planted.total() - 1


def test_most_planted_split_stays_are_reviewed(outcomes: dict[str | None, Counter[str]]) -> None:
    planted = outcomes["split_stay"]
    # Those of tumours and dialysis look like planned cycles, which is what the bureau says of them here.
    assert planted["review"] * 2 >= 0.6 * planted.total()


@pytest.mark.parametrize("pattern", ["hanging_bed", "age_or_sex_conflict"])
def test_a_planted_single_bill_is_reviewed(outcomes: dict[str | None, Counter[str]], pattern: str) -> None:
    assert set(outcomes[pattern]) == {"review"}


def test_most_planted_over_prescriptions_are_reviewed(outcomes: dict[str | None, Counter[str]]) -> None:
    planted = outcomes["over_prescription"]
    # Some consist of drugs that are used up in a visit: no days' supply tells how long those would last.
    assert planted["review"] * 2 >= planted.total()
