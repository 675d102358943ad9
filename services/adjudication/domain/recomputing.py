"""Decision receipts: every decision made again from the facts that its person's log had recorded before it.

The log alone suffices: facts are noted before they are decided on, the decision cites its plan by digest, and its
moment is in it. Nothing of the recorded decision goes into the recomputed one but that moment and that digest.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import orjson
from pydantic import ValidationError

from libs.benefits import BenefitsError, Case, Plan
from libs.contracts import Event
from libs.contracts.adjudication import AdjudicationReversed, ClaimAdjudicated, ClaimDenied
from services.adjudication.domain.decision import adjudicate, case_for, deny
from services.adjudication.domain.engine import ENGINE
from services.adjudication.domain.evolving import evolve
from services.adjudication.domain.kept import Standing
from services.adjudication.domain.state import Claim, Person

Verdict = Literal["equal", "differs", "plan_not_deployed", "engine_not_deployed", "not_recomputable"]
PlansByDigest = Mapping[str, Plan]


@dataclass(frozen=True, slots=True)
class Receipt:
    """A recorded decision beside its recomputation.

    `engine_not_deployed`: another program decided, and this one decides otherwise; only that program could prove it.
    `fields`: what differs, by name. `case`: what was evaluated, for a decision under a plan. `digest`: SHA-256 of the
    recomputed decision's recorded fields as JSON with sorted keys, the same in every process.
    """

    decision: Standing
    verdict: Verdict
    fields: tuple[str, ...] = ()
    why: str | None = None
    plan: Plan | None = None
    case: Case | None = None
    digest: str | None = None


@dataclass(slots=True)
class PersonReplay:
    """One person's log told again, event by event."""

    person: Person
    plans: PlansByDigest
    _decided_in: dict[str, Person] = field(default_factory=dict)

    def take(self, event: Event) -> Receipt | None:
        """The state moves on; a decision is recomputed from the state it was made in."""
        receipt = None
        match event:
            case AdjudicationReversed(replaced_by=successor) if successor is not None:
                # The successor was decided before its predecessor fell: it names it.
                self._decided_in[successor] = self.person
            case ClaimAdjudicated() | ClaimDenied():
                decided_in = self._decided_in.pop(event.decision_id, self.person)
                receipt = recompute(decided_in, event, self.plans)
            case _:
                pass
        self.person = evolve(self.person, event)
        return receipt


def recompute(person: Person, decision: Standing, plans: PlansByDigest) -> Receipt:
    """Make the decision again in the state in which it was made."""
    receipt = _recompute(person, decision, plans)
    if receipt.verdict in ("differs", "not_recomputable") and decision.engine_digest not in (None, ENGINE):
        return replace(receipt, verdict="engine_not_deployed")
    return receipt


def _recompute(person: Person, decision: Standing, plans: PlansByDigest) -> Receipt:
    claim = person.claim(decision.claim_id)
    if claim.bill is None:
        return Receipt(decision, "not_recomputable", why="no bill of the claim was recorded before it")
    try:
        if isinstance(decision, ClaimDenied):
            coverage = person.coverage_on(claim.bill.admitted_on)
            return _compared(decision, deny(person, claim, coverage, decision.reason, decision.decided_at))
        return _adjudicated_again(person, claim, decision, plans)
    except (BenefitsError, ValidationError) as error:
        return Receipt(decision, "not_recomputable", why=f"the case is not evaluable: {type(error).__name__}")


def _adjudicated_again(
    person: Person, claim: Claim, decision: ClaimAdjudicated, plans: PlansByDigest
) -> Receipt:
    assert claim.bill is not None
    plan = plans.get(decision.plan_digest)
    if plan is None:
        return Receipt(decision, "plan_not_deployed", why=f"no plan has the digest {decision.plan_digest}")
    coverage = person.coverage_on(claim.bill.admitted_on)
    if coverage is None:
        return Receipt(decision, "not_recomputable", why="no coverage was recorded before it")
    again = adjudicate(person, claim, coverage, plan, decision.decided_at)
    case = case_for(person, claim, claim.bill.opened(), coverage, plan)
    return _compared(decision, again, plan, case)


def _compared(
    decision: Standing, again: Standing, plan: Plan | None = None, case: Case | None = None
) -> Receipt:
    again = again.model_copy(update={"engine_digest": decision.engine_digest})
    recorded, recomputed = decision.model_dump(mode="json"), again.model_dump(mode="json")
    # A field that did not exist yet when the event was written says nothing against it.
    fields = tuple(name for name in sorted(decision.model_fields_set) if recorded[name] != recomputed[name])
    return Receipt(
        decision,
        "differs" if fields else "equal",
        fields=fields,
        why=_sides(recorded, recomputed, fields) if fields else None,
        plan=plan,
        case=case,
        digest=_digest({name: recomputed[name] for name in decision.model_fields_set}),
    )


def _digest(fields: dict[str, Any]) -> str:
    return hashlib.sha256(orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _sides(recorded: dict[str, Any], recomputed: dict[str, Any], fields: tuple[str, ...]) -> str:
    """Both sides of the amounts that differ; longer fields by name alone."""
    amounts = [
        f"{name} {recorded[name]}, recomputed {recomputed[name]}"
        for name in fields
        if isinstance(recorded[name], int | str)
    ]
    others = [name for name in fields if not isinstance(recorded[name], int | str)]
    return "; ".join([*amounts, *others])
