"""Corrections and cancellations for the demo: settlements as valid as those that they change."""

from itertools import islice

import orjson

from libs.interop import Submission
from libs.interop.national import parse_settlement, to_national
from libs.synthetic import Population, discharges
from libs.synthetic.changes import changes_of

PEOPLE = Population(5, ["anyang-2022"], 200)
SENT = list(islice(discharges(5, ["anyang-2022"], PEOPLE), 300))


def test_a_corrected_settlement_is_one_of_the_same_name_and_person_with_less_in_it() -> None:
    by_id = {one.submission_id: one for one in SENT}
    corrected = changes_of(1, SENT, correct_bp=5_000, cancel_bp=0).corrected
    assert len(corrected) > 50
    for after in corrected:
        before = by_id[after.submission_id]
        assert (after.person, after.visit) == (before.person, before.visit)
        assert after.settlement.total_fen == before.settlement.total_fen - before.lines[-1].amount_fen
        assert parse_settlement(orjson.dumps(to_national(after))) == Submission.model_validate(
            after.model_dump()
        )


def test_nothing_is_both_corrected_and_cancelled_and_the_same_seed_gives_the_same() -> None:
    changes = changes_of(1, SENT, correct_bp=3_000, cancel_bp=1_000)
    assert changes == changes_of(1, SENT, correct_bp=3_000, cancel_bp=1_000)
    assert changes != changes_of(2, SENT, correct_bp=3_000, cancel_bp=1_000)
    ids = [one.submission_id for one in (*changes.corrected, *changes.cancelled)]
    assert changes.cancelled
    assert len(ids) == len(set(ids))
    assert changes_of(1, SENT, correct_bp=0, cancel_bp=0).corrected == ()
