"""Each participant's obvious questions have an answer in one query, as the README of projections shows them."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from libs.contracts.adjudication import PoolShare
from tests.integration.projections.claim_logs import Follower, Logs, following, open_logs
from tests.unit.payout.decisions import PERSON
from tests.unit.projections.told_claims import (
    Story,
    a_held_payment,
    a_one_stop_claim,
    a_paid_claim,
    a_pend,
    a_rejected_payment,
    a_returned_payment,
    a_review,
    a_withdrawn_claim,
    an_appeal_and_a_ruling,
    an_instructed_payment,
    paying_again,
    reduced_by,
    the_decision,
)

_README = Path(__file__).parents[3] / "services" / "projections" / "README.md"


@pytest.fixture
async def logs(database: str) -> AsyncIterator[Logs]:
    async with open_logs(database) as logs:
        yield logs


@pytest.fixture
async def live(database: str, logs: Logs) -> AsyncIterator[Follower]:
    async with following(database) as follower:
        yield follower


async def asked(live: Follower, query: str) -> list[dict[str, Any]]:
    return [dict(row) for row in await live.log.pool.fetch(query)]


async def tell(logs: Logs, live: Follower, **stories: Story) -> None:
    for claim_id, story in stories.items():
        await logs.tell_story(claim_id, story)
    await live.follow()


def waiting() -> Story:
    """Registered and pended; nothing decided."""
    story = a_paid_claim()
    return {**story, "adjudication": story["adjudication"][:2], "payout": [], "charity": []}


def shared() -> Story:
    """Paid, and borne by two insurers."""
    shares = (
        PoolShare(insurer="picc", share_bp=6_000, amount_fen=360_00),
        PoolShare(insurer="cpic", share_bp=4_000, amount_fen=240_00),
    )
    story = a_paid_claim()
    decision = the_decision().model_copy(update={"pool_shares": shares})
    return {**story, "adjudication": [*story["adjudication"][:2], decision]}


async def test_a_patient_sees_where_each_claim_is_and_what_is_owed(logs: Logs, live: Follower) -> None:
    held = a_paid_claim() | {"payout": [a_held_payment()]}
    returned = a_paid_claim()
    returned["payout"] = [*returned["payout"], a_returned_payment()]
    await tell(logs, live, paid=a_paid_claim(), held=held, returned=returned, waiting=waiting())
    mine = f"from patient_claim where person_id = '{PERSON}'"
    seen = {row["claim_id"]: row["status"] for row in await asked(live, f"select claim_id, status {mine}")}
    assert seen == {
        "paid": "paid",
        "held": "payment_held",
        "returned": "payment_returned",
        "waiting": "pended",
    }
    owed = await asked(live, "select claim_id, owed_fen, why from patient_owed order by claim_id")
    assert owed == [
        {"claim_id": "held", "owed_fen": 600_00, "why": "no_account"},
        {"claim_id": "returned", "owed_fen": 600_00, "why": "MD07"},
    ]


async def test_a_hospital_an_insurer_and_the_regulator_see_their_sums(logs: Logs, live: Follower) -> None:
    await tell(logs, live, paid=shared(), again=shared(), waiting=waiting())
    (hospital,) = await asked(live, "select * from hospital_summary")
    assert (hospital["claims"], hospital["waiting"], hospital["paid"]) == (3, 1, 2)
    insurers = await asked(live, "select insurer, claims, bears_fen from insurer_bearing order by insurer")
    assert insurers == [
        {"insurer": "cpic", "claims": 2, "bears_fen": 480_00},
        {"insurer": "picc", "claims": 2, "bears_fen": 720_00},
    ]
    (day,) = await asked(live, "select * from regulator_decision")
    # Both had pended for want of a coverage before they were decided.
    assert (day["decided"], day["automatic"], day["automatic_bp"]) == (2, 0, 0)
    straight = a_paid_claim()
    straight["adjudication"] = straight["adjudication"][2:]
    await tell(logs, live, straight=straight)
    (day,) = await asked(live, "select * from regulator_decision")
    assert (day["decided"], day["automatic"], day["automatic_bp"]) == (3, 1, 3_333)


async def test_an_operator_sees_what_waits_and_the_oldest_of_it(logs: Logs, live: Follower) -> None:
    await tell(logs, live, paid=a_paid_claim(), first=waiting(), second=waiting())
    (row,) = await asked(live, "select status, reasons, claims, oldest_claim_id from operator_waiting")
    assert (row["status"], row["reasons"], row["claims"]) == ("pended", "coverage_unknown", 2)
    assert row["oldest_claim_id"] in ("first", "second")


async def test_an_operator_sees_where_the_insurance_centre_settled_otherwise(
    logs: Logs, live: Follower
) -> None:
    await tell(logs, live, desk=a_one_stop_claim(), paid=a_paid_claim())
    assert await asked(live, "select claim_id, status, desk_fen from claim_status order by claim_id") == [
        {"claim_id": "desk", "status": "settled_at_desk", "desk_fen": 600_00},
        {"claim_id": "paid", "status": "paid", "desk_fen": 0},
    ]
    assert await asked(live, "select * from patient_owed") == []
    (row,) = await asked(live, "select * from operator_one_stop")
    assert (row["difference_id"], row["difference_fen"], row["standing"]) == ("desk-diff-2", 20_00, "open")
    (total,) = await asked(live, "select * from operator_one_stop_total")
    assert (total["differences"], total["centre_more_fen"], total["centre_less_fen"]) == (1, 20_00, 0)
    (owed,) = await asked(live, "select * from centre_clearing")
    assert (owed["plan_id"], owed["claims"], owed["desk_fen"]) == ("demo-generic", 1, 600_00)
    ended = "select outcome, answered_by, end_reason from one_stop_difference where ended_at is not null"
    assert await asked(live, ended) == [
        {"outcome": "disputed", "answered_by": "examiner-01", "end_reason": "another_difference"}
    ]


async def test_an_operator_has_one_list_of_what_waits_for_whom(logs: Logs, live: Follower) -> None:
    rejected = a_paid_claim() | {"payout": [an_instructed_payment(), a_rejected_payment()]}
    again = a_paid_claim() | {
        "payout": [an_instructed_payment(), a_rejected_payment(), paying_again("proposed")]
    }
    reviewed = waiting()
    reviewed["fraud"] = [*reviewed["fraud"], a_review("opened")]
    reviewed["adjudication"] = [a_pend("coverage_unknown", "fraud_review"), *an_appeal_and_a_ruling()]
    held = a_paid_claim() | {"payout": [a_held_payment()]}
    await tell(
        logs, live, paid=a_paid_claim(), rejected=rejected, again=again, reviewed=reviewed, held=held,
        desk=a_one_stop_claim(),
    )  # fmt: skip
    rows = await asked(live, "select claim_id, kind, owner, amount_fen from operator_todo")
    assert sorted(tuple(row.values()) for row in rows) == [
        ("again", "second_person", "approver", 600_00),
        ("desk", "one_stop", "operator", 20_00),
        ("held", "held", "enrolment", 600_00),
        ("rejected", "unpayable", "operator", 600_00),
        ("reviewed", "appeal", "staff", None),
        ("reviewed", "pended", "enrolment", None),
        ("reviewed", "review", "operator", None),
        ("reviewed", "second_person", "staff", None),
    ]


async def test_what_is_done_is_on_the_list_no_longer(logs: Logs, live: Follower) -> None:
    done = a_paid_claim()
    done["fraud"] = [*done["fraud"], a_review("opened"), a_review("concluded")]
    done["adjudication"] = [*an_appeal_and_a_ruling(ended=True), *done["adjudication"]]
    reduced = a_paid_claim() | {
        "payout": [
            an_instructed_payment(),
            a_rejected_payment(),
            paying_again("proposed"),
            *reduced_by(600_00),
        ]
    }
    overtaken = [an_instructed_payment(), a_rejected_payment(), paying_again("proposed"), *reduced_by(200_00)]
    less = a_paid_claim() | {"payout": overtaken}
    corrected = waiting()
    corrected["fraud"] = [*corrected["fraud"], a_review("opened")]
    undone = {**waiting(), "intake": a_withdrawn_claim()["intake"]}
    await tell(logs, live, done=done, reduced=reduced, less=less, undone=undone, corrected=corrected)
    rows = await asked(live, "select claim_id, kind, amount_fen from operator_todo")
    assert sorted(tuple(row.values()) for row in rows) == [
        ("corrected", "pended", None),
        ("less", "unpayable", 400_00),
    ]


async def test_every_query_of_the_readme_runs(logs: Logs, live: Follower) -> None:
    await tell(logs, live, paid=shared(), waiting=waiting())
    queries = re.findall(r"^    (select .+;)", _README.read_text(), flags=re.MULTILINE)
    assert len(queries) >= 10
    for query in queries:
        await asked(live, query)
