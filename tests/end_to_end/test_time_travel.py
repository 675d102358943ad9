"""Claims, people and pools of a whole platform as they were, by the commands that operators use."""

import json
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from services.operations.entrypoints.commands import app
from tests.end_to_end.conftest import Ran


def huiji(ran: Ran, *arguments: str) -> Result:
    platform = str(ran.directory / "run" / "platform.json")
    environment = {"NO_COLOR": "1", "HUIJI_PLATFORM": platform}
    return CliRunner().invoke(app, [*arguments], env=environment)


def told(ran: Ran, *arguments: str) -> Any:
    result = huiji(ran, *arguments, "--json")
    assert result.exit_code in (0, 1), result.output
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def paid(ran: Ran) -> dict[str, Any]:
    """A paid and referred claim as the read model has it."""
    found = ran.get("projections", "/claims?status=paid&limit=1000")
    claim_id = next(one["claim_id"] for one in found if one["programmes"])
    claim: dict[str, Any] = ran.get("projections", f"/claims/{claim_id}")
    return claim


def test_known_now_agrees_with_the_read_model(ran: Ran, paid: dict[str, Any]) -> None:
    now = told(ran, "claim", paid["claim_id"], "--known-at", "now")
    assert now["money"]["plan_pays_fen"] == paid["plan_pays_fen"]
    assert now["money"]["patient_bears_fen"] == paid["patient_fen"]
    assert now["money"]["PaymentSettled_fen"] == paid["settled_fen"]
    assert set(now["states"]) >= {"intake", "medical_data", "fraud", "adjudication", "payout", "charity"}
    mine = [(step["source"], step["shard"], step["position"]) for step in now["steps"]]
    assert {(step["source"], step["shard"], step["position"]) for step in paid["steps"]} <= set(mine)


def test_every_recording_time_shows_the_states_of_its_prefix(ran: Ran, paid: dict[str, Any]) -> None:
    steps = told(ran, "step", "claim", paid["claim_id"])
    seen = [step["event_id"] for step in steps]
    assert all(step["caused_by"] not in seen[index:] for index, step in enumerate(steps))
    moments = sorted({step["known_from"] for step in steps})
    for moment in moments[:: max(1, len(moments) // 5)]:
        then = told(ran, "claim", paid["claim_id"], "--known-at", moment)
        known = [step for step in steps if step["known_from"] <= moment]
        assert {step["event_id"] for step in then["steps"]} == {step["event_id"] for step in known}
        assert then["states"] == {step["source"]: step["state"] for step in known}


def test_a_claim_was_in_effect_on_its_day_of_service_and_not_known_then(
    ran: Ran, paid: dict[str, Any]
) -> None:
    (registered,) = (
        step for step in told(ran, "step", "claim", paid["claim_id"]) if step["type"] == "ClaimRegistered"
    )
    admitted_on: str = registered["event"]["visit"]["admitted_on"]
    day_before = (date.fromisoformat(admitted_on) - timedelta(days=1)).isoformat()
    then = told(ran, "claim", paid["claim_id"], "--at", admitted_on)
    assert then["money"]["plan_pays_fen"] == paid["plan_pays_fen"]
    # The day's decision holds, its money moved later.
    assert "PaymentSettled_fen" not in then["money"]
    assert "adjudication" not in told(ran, "claim", paid["claim_id"], "--at", day_before)["states"]
    nothing = huiji(ran, "claim", paid["claim_id"], "--known-at", admitted_on)
    assert (nothing.exit_code, "Nothing of it was known" in nothing.stdout) == (1, True)
    assert huiji(ran, "claim", "no-such-claim", "--known-at", "now").exit_code == 1


def test_a_difference_begins_with_the_money(ran: Ran, paid: dict[str, Any]) -> None:
    decided = next(
        step for step in told(ran, "step", "claim", paid["claim_id"]) if step["type"] == "ClaimAdjudicated"
    )
    before = datetime.fromisoformat(decided["known_from"]) - timedelta(microseconds=1)
    found = told(ran, "diff", "claim", paid["claim_id"], "--from", before.isoformat(), "--to", "now")
    paths = [change["path"] for change in found["changes"]]
    money = [change["path"] for change in found["changes"] if change["difference_fen"] is not None]
    assert paths[: len(money)] == money
    (pays,) = (change for change in found["changes"] if change["path"] == "money.plan_pays_fen")
    assert (pays["before"], pays["difference_fen"]) == (None, paid["plan_pays_fen"])
    assert {"ClaimAdjudicated", "PaymentSettled"} <= {event["type"] for event in found["events"]}
    assert told(ran, "diff", "claim", paid["claim_id"], "--from", "now", "--to", "now")["changes"] == []
    assert (
        "money.plan_pays: — → "
        in huiji(ran, "diff", "claim", paid["claim_id"], "--from", "2020-01-01").stdout
    )


def test_a_person_has_every_claim_and_each_look_is_on_record(ran: Ran, paid: dict[str, Any]) -> None:
    person_id: str = paid["person_id"]
    now = told(ran, "person", person_id, "--by", "examiner-01", "--why", "appeal")
    claims = {claim["claim_id"] for claim in ran.get("projections", f"/people/{person_id}/claims")}
    assert set(now["states"]["adjudication"]["claims"]) == claims
    readings = ran.get("adjudication", f"/streams/person-{person_id}/readings")
    assert ("examiner-01", "appeal") in {(reading["reader"], reading["why"]) for reading in readings}
    changed = told(ran, "diff", "person", person_id, "--from", "2020-01-01", "--in-effect")
    assert any(change["path"].startswith("adjudication.claims") for change in changed["changes"])
    assert huiji(ran, "person", "p_" + "0" * 32).exit_code == 1


def test_pools_add_up_to_the_ledger_and_were_empty_before(ran: Ran) -> None:
    ledger = ran.get("payout", "/ledger")["balances_fen"]
    plans = {account.split(":", 1)[1] for account in ledger}
    found = {plan_id: told(ran, "pool", plan_id) for plan_id in plans}
    accounts = {account: fen for pool in found.values() for account, fen in pool["ledger_fen"].items()}
    assert accounts == ledger
    paid = -sum(fen for account, fen in ledger.items() if account.startswith("bank:"))
    moved = [pool["moved_fen"] for pool in found.values()]
    returned = sum(one.get("PaymentReturned", 0) + one.get("ClawbackRepaid", 0) for one in moved)
    assert sum(one.get("PaymentSettled", 0) for one in moved) - returned == paid
    (plan_id, *_) = plans
    assert told(ran, "pool", plan_id, "--known-at", "2020-01-01")["coverages"] == 0
    assert huiji(ran, "pool", plan_id, "--at", "2000-01-01").exit_code == 1
    changed = told(ran, "diff", "pool", plan_id, "--from", "2020-01-01")["changes"]
    premium = next(each["difference_fen"] for each in changed if each["path"] == "premium_fen")
    assert premium == found[plan_id]["premium_fen"]
    assert huiji(ran, "diff", "pool", "no-such-plan", "--from", "2020-01-01").exit_code == 1


def test_a_claim_is_stepped_through_as_text(ran: Ran, paid: dict[str, Any]) -> None:
    brief = huiji(ran, "step", "claim", paid["claim_id"]).stdout.splitlines()
    assert len(brief) == len(told(ran, "step", "claim", paid["claim_id"]))
    text = huiji(ran, "step", "claim", paid["claim_id"], "--full").stdout
    assert "adjudication  ClaimAdjudicated" in text
    assert "because of adjudication" not in text.split("intake  ClaimRegistered")[0]
    assert "money so far: bill" in text
