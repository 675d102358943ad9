"""The states that sections of the runbook are about, brought about on a running platform."""

from datetime import UTC, datetime, time
from functools import partial
from typing import Any
from uuid import uuid4

from libs.contracts.rulings import AppealConcluded
from libs.interop.national import to_national
from libs.testing.submissions import one_stop_amounts
from tests.support.runbook_world import World


def settle_otherwise(world: World, claim: dict[str, Any]) -> None:
    """The hospital corrects the bill: the centre had settled it, one yuan below what we paid."""
    where = f"/people/{claim['person_id']}/claims/{claim['claim_id']}"
    decision = world.ask("adjudication", where)["standing"]
    ours = [(o["liability_id"], o["deductible_fen"], o["paid_fen"]) for o in decision["liabilities"]]
    ours.sort(key=lambda liability: -liability[2])
    stated = [(*ours[0][:2], ours[0][2] - 100), *ours[1:]]
    submission = world.submission_of(claim)
    moment = datetime.combine(submission.visit.discharged_on, time(4), UTC)
    amounts = one_stop_amounts(*stated, plan_id=decision["plan_id"], settled_at=moment)
    place = f"/settlements/{submission.visit.hospital_id}/{submission.submission_id}"
    world.ask("intake", place, "PUT", to_national(submission.model_copy(update={"one_stop": amounts})))


def a_returned_payment(world: World) -> str:
    """A payment that the bank has booked and sent back."""
    world.at_bank("PATCH", "/_mock/accounts/HUIJI", {"behaviour": "return-later", "parameters": {"days": 1}})
    claim_id = world.one_more()
    world.at_bank("PATCH", "/_mock/accounts/HUIJI", {"behaviour": "accept", "parameters": {}})
    world.at_bank("POST", "/_mock/advance?days=1")
    world.until(lambda: world.claim(claim_id)["status"] == "payment_returned", "the money is back")
    payment_id: str = world.claim(claim_id)["payments"][0]["payment_id"]
    return payment_id


def make_most_fail(world: World) -> str:
    """More of what arrives is poisoned than payout takes for the events' fault: it holds; the claim it holds before."""

    def holds() -> bool:
        return bool(world.ask("payout", "/breaker")["holds"])

    def is_tried(claim_id: str) -> bool:
        return claim_id in parked_at_payout(world) or holds()

    while not holds():
        batch = [a_poisoned_claim(world) for _ in range(20)]
        world.until(partial(is_tried, batch[-1]), "they are tried")
    return a_poisoned_claim(world)


def parked_at_payout(world: World) -> list[str]:
    """The claims of what payout could not process."""
    return [row["subject"].removeprefix("claim-") for row in world.ask("payout", "/parked?limit=1000")]


def a_poisoned_claim(world: World, behind: int = 0) -> str:
    """Adjudication says something of a claim that payout cannot read, and something more behind it; the claim."""
    claim_id = str(uuid4())
    good = an_appeal_concluded(claim_id)
    bad = AppealConcluded.model_construct(**dict(good) | {"outcome": "nobody_knows"})
    world.say("adjudication", f"claim-{claim_id}", [bad, *[good] * behind])
    return claim_id


def an_appeal_concluded(claim_id: str) -> AppealConcluded:
    """An appeal of nothing: whoever hears of it has nothing to do."""
    return AppealConcluded(
        claim_id=claim_id, person_id=f"p_{uuid4().hex}", appeal_id=str(uuid4()), outcome="rejected",
        concluded_by="examiner-01", concluded_at=datetime.now(UTC),
    )  # fmt: skip
