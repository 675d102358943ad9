"""What the runbook says of trouble: money that came back, hospitals turned away, parked events."""

import json
from pathlib import Path
from typing import Any

from tests.support.runbook import Operator, about
from tests.support.runbook_states import (
    a_poisoned_claim,
    a_returned_payment,
    an_appeal_concluded,
    make_most_fail,
    parked_at_payout,
)
from tests.support.runbook_world import World


@about("Payments")
def test_money_that_came_back_is_paid_again(operator: Operator, city_world: World, tmp_path: Path) -> None:
    payment_id = a_returned_payment(city_world)
    assert operator.asks("…:8108/claims?status=payment_held").document == []
    assert operator.asks("…:8108/claims?status=payment_rejected").document == []
    city_world.until(lambda: payment_id in operator.runs("huiji todo").out, "somebody has to look at it")
    account = tmp_path / "account.json"
    account.write_text(json.dumps({"account": "6222020200000009999", "account_bank": "102100099996"}))
    propose, agree = "huiji pay-again PAYMENT_ID --to account.json", "huiji pay-again PAYMENT_ID --approve"
    it = {"PAYMENT_ID": payment_id}
    assert operator.runs(propose, by="operator-01", **it, **{"account.json": account}).status == 0
    assert operator.runs(agree, by="operator-01", **it).status == 1, "not the same person"
    approved = operator.runs(agree, by="operator-02", **it)
    assert (approved.status, "it is paid as" in approved.out) == (0, True), approved.err
    city_world.until(lambda: payment_id not in operator.runs("huiji todo").out, "it is paid")
    assert operator.asks("GET …:8106/unmatched").status == 200
    assert sum(operator.asks("GET …:8106/ledger").document["balances_fen"].values()) == 0
    claim_id = city_world.cancelled_claim()

    def owed() -> list[dict[str, Any]]:
        found = operator.asks("GET /clawbacks", service="payout").document
        return [one for one in found if one["claim_id"] == claim_id and one["open_fen"]]

    city_world.until(owed, "what was paid is claimed back")
    (clawback,) = owed()
    which = {"{id}": clawback["clawback_id"]}
    repayment = {
        "amount_fen": 100,
        "reference": "T-1",
        "repaid_on": "2026-03-31",
        "recorded_by": "operator-01",
    }
    for _ in range(2):
        repaid = operator.asks("POST /clawbacks/{id}/repayments", repayment, service="payout", **which)
        assert (repaid.status, repaid.document["open_fen"]) == (200, clawback["open_fen"] - 100), repaid.out
    reason = {"reason": "hardship", "written_off_by": "operator-01"}
    assert operator.asks("POST /clawbacks/{id}/write-off", reason, service="payout", **which).status == 200
    assert owed() == []


@about("A hospital is turned away")
def test_what_intake_has_in_hand_is_said(operator: Operator, city_world: World) -> None:
    assert "intake" in operator.runs("huiji status").out
    assert operator.curls('curl -H "$AS" …:8101/in-hand').status == 200


@about("Something is parked")
def test_parked_events_are_mended_in_the_open(operator: Operator, city_world: World, tmp_path: Path) -> None:
    discarded, patched, annulled = (a_poisoned_claim(city_world, behind=1) for _ in range(3))
    city_world.until(lambda: len(parked_at_payout(city_world)) == 6, "all wait")
    reasons = operator.runs("huiji parked reasons").out
    assert ("event_unreadable" in reasons, "blocked_by_earlier" in reasons) == (True, True)
    assert discarded in operator.runs("huiji parked list").out
    assert discarded in operator.runs("huiji parked list", "--service payout --reason event_unreadable").out
    show = "huiji parked show claim-CLAIM_ID --service payout"
    shown = operator.runs(show, CLAIM_ID=discarded)
    assert (shown.status, "AppealConcluded" in shown.out, "error" in shown.out) == (0, True, True)

    city_world.until(lambda: "huiji_parked_events{" in city_world.metrics("payout"), "it is measured")
    retry = operator.runs("huiji parked retry", by="operator-01")
    assert (retry.status, "6 still parked" in retry.out) == (1, True), "nothing was mended yet"
    discard = 'huiji parked discard claim-CLAIM_ID --service payout --why "…"'
    assert operator.runs(discard, CLAIM_ID=discarded).status == 1, "who acts?"
    assert operator.runs(discard, by="operator-01", CLAIM_ID=discarded).status == 0
    one = operator.runs("huiji parked retry", f"claim-{discarded} --service payout", by="operator-01")
    assert (one.status, "1 processed, 0 still parked" in one.out) == (0, True)

    body = tmp_path / "BODY.json"
    body.write_text(an_appeal_concluded(patched).model_dump_json())
    patch = 'huiji parked patch claim-CLAIM_ID --service payout --file BODY.json --why "…"'
    proposed = operator.runs(patch, by="operator-01", CLAIM_ID=patched, **{"BODY.json": body})
    assert (proposed.status, "(proposal 1)" in proposed.out) == (0, True), proposed.err
    approve = 'huiji parked approve claim-CLAIM_ID --service payout --proposal 1 --why "…"'
    assert operator.runs(approve, by="operator-01", CLAIM_ID=patched).status == 1, "not the same person"
    assert operator.runs(approve, by="operator-02", CLAIM_ID=patched).status == 0

    annul = 'huiji parked annul claim-CLAIM_ID --service payout --why "…"'
    assert operator.runs(annul, by="operator-01", CLAIM_ID=annulled).status == 1, "an approver"
    assert operator.runs(annul, by="operator-02", CLAIM_ID=annulled).status == 0
    city_world.until(lambda: not parked_at_payout(city_world), "all goes on by itself")
    assert operator.runs("huiji parked reasons").out.strip() == "Nothing is parked."

    show = "huiji breaker show --service payout"
    assert operator.runs(show).status == 0
    last = make_most_fail(city_world)
    assert (operator.runs(show).status, last in parked_at_payout(city_world)) == (1, False)
    assert operator.runs('huiji breaker reset --service payout --why "…"', by="operator-01").status == 0
    city_world.until(lambda: last in parked_at_payout(city_world), "it goes on and parks")
