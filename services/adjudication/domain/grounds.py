"""What an outcome rests on, told so that somebody outside can keep it and ask later which of it has changed.

Less is told than is evaluated: a person's status (poverty, pre-existing conditions) is a digest among others only, so
that a hospital which asks what would be paid learns the balances and no more of the person than the amounts show.
"""

import hashlib
from collections import Counter
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict

from libs.benefits import Usage
from services.adjudication.domain.circumstances import Circumstances
from services.adjudication.domain.decision import inputs_digest
from services.adjudication.domain.engine import ENGINE
from services.adjudication.domain.preview import case_of_claim
from services.adjudication.domain.state import Person


class Grounds(BaseModel):
    """The facts under an outcome. `used` is what the year's earlier claims had used, never by drug or implant; in fen.

    `bill_digest` and `inputs_digest` are SHA-256: of the bill as evaluated, and of everything that was.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    coverage_id: str
    plan_id: str
    plan_digest: str
    engine_digest: str
    benefit_year: str
    used: dict[str, Any]
    bill_digest: str
    inputs_digest: str


def grounds_of(person: Person, claim_id: str, around: Circumstances) -> Grounds | None:
    """What the claim's outcome rests on as things stand; None without a bill, or a coverage whose plan is known."""
    claim = person.claim(claim_id)
    case = case_of_claim(person, claim_id, around)
    coverage = person.coverage_on(claim.bill.admitted_on) if claim.bill else None
    if case is None or coverage is None or claim.bill is None:
        return None
    plan = around.plans[coverage.plan_id]
    bill = orjson.dumps(case.bills[0].model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)
    one_stop = claim.bill.opened().one_stop
    if one_stop is not None:
        bill += orjson.dumps(one_stop.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)
    return Grounds(
        coverage_id=coverage.coverage_id,
        plan_id=plan.id,
        plan_digest=plan.digest,
        engine_digest=ENGINE,
        benefit_year=plan.benefit_year_start(claim.bill.admitted_on).isoformat(),
        used=used_as_told(case.used),
        bill_digest=hashlib.sha256(bill).hexdigest(),
        inputs_digest=inputs_digest(plan, case),
    )


def used_as_told(used: Usage) -> dict[str, Any]:
    """The balances without products: whose cap per drug or implant was used says what another hospital has treated."""
    caps: Counter[str] = Counter()
    for key, amount in used.caps.items():
        # `liability/cap/product`; a product may be named instead of coded.
        caps["/".join(key.split("/")[:2])] += amount
    return used.model_copy(update={"caps": dict(caps)}).model_dump(mode="json")


def changed_grounds(then: Grounds, now: Grounds) -> list[str]:
    """What differs, by name: `coverage`, `plan`, `program`, `balances`, `bill`, or else the person's `status`."""
    named = {
        "coverage": (then.coverage_id, now.coverage_id),
        "plan": (then.plan_digest, now.plan_digest),
        "program": (then.engine_digest, now.engine_digest),
        "balances": ((then.benefit_year, then.used), (now.benefit_year, now.used)),
        "bill": (then.bill_digest, now.bill_digest),
    }
    changed = [name for name, (was, is_now) in named.items() if was != is_now]
    evaluated = set(changed) - {"coverage", "program"}
    if then.inputs_digest != now.inputs_digest and not evaluated:
        changed.append("status")
    return changed
