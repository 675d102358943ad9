"""Rules of a claim's decision: every fen of the bill has exactly one bearer, and the decision's parts agree."""

from collections.abc import Iterator
from typing import get_args

from libs.benefits import PlanUnknown, plan_of
from libs.conservation.books import ClaimBooks, Decided, awarded_fen, borne_by
from libs.conservation.facts import Explained
from libs.conservation.report import Broken
from libs.contracts.adjudication import Bearer, ClaimAdjudicated
from libs.contracts.one_stop import OneStopAmounts
from libs.contracts.settlement import Settlement
from libs.money import BASIS_POINTS

BEARERS: tuple[str, ...] = get_args(Bearer)

#: They give after a decision, by events of their own; so a decision itself has no part of theirs.
_GIVERS = ("charity", "mutual")

#: Bearer of the decision → (name in a plan's payer order, field of the settlement).
_LAYERS: dict[str, tuple[tuple[str, str], ...]] = {
    "basic": (("basic", "pool_fen"), ("civil_servant", "civil_servant_fen")),
    "critical_illness": (
        ("critical_illness", "resident_critical_illness_fen"),
        ("large_amount", "employee_large_amount_fen"),
    ),
    "assistance": (("assistance", "assistance_fen"),),
    "other_fund": (("enterprise", "enterprise_fen"), ("other", "other_fund_fen")),
    "hospital": (("hospital", "hospital_borne_fen"),),
}


def decision_rules(books: ClaimBooks, decision: Decided, explained: Explained | None) -> Iterator[Broken]:
    """What does not hold of a decision by itself and against the bill that it was made on."""
    if not books.opened:
        yield Broken("opened_first", "the claim is decided, but adjudication never opened it")
    yield from _bearing_rules(decision)
    if books.opened:
        yield from _bill_rules(decision, books.opened[-1].settlement)
    if isinstance(decision, ClaimAdjudicated):
        yield from _adjudicated_rules(decision)
        yield from _explanation_rules(decision, explained)
        yield from _share_rules(decision)
        if books.opened:
            yield from _one_stop_rules(decision, books.opened[-1].one_stop)
    elif borne_by(decision, "plan"):
        yield Broken("denied_pays_nothing", f"denied, but the plan bears {borne_by(decision, 'plan')} fen")


def _bearing_rules(decision: Decided) -> Iterator[Broken]:
    borne_fen = sum(part.amount_fen for part in decision.bearings)
    if borne_fen != decision.bill_fen:
        parts = " + ".join(f"{name} {fen}" for name in BEARERS if (fen := borne_by(decision, name)))
        yield Broken("bill_is_borne", f"bill {decision.bill_fen} ≠ {parts} = {borne_fen} fen")
    for giver in _GIVERS:
        if given_fen := borne_by(decision, giver):
            yield Broken("aid_is_granted", f"{giver} bears {given_fen} fen that nobody granted")


def _bill_rules(decision: Decided, settlement: Settlement) -> Iterator[Broken]:
    if decision.bill_fen != settlement.total_fen:
        yield Broken("decided_on_bill", f"decided on {decision.bill_fen}, settled {settlement.total_fen} fen")
    after = _layers_after_plan(decision)
    for bearer, layers in _LAYERS.items():
        settled = {name: getattr(settlement, field) for name, field in layers}
        most = sum(settled.values())
        least = sum(fen for name, fen in settled.items() if name not in after)
        borne = borne_by(decision, bearer)
        if not least <= borne <= most:
            expected = str(most) if least == most else f"{least} to {most}"
            yield Broken("layers_as_settled", f"{bearer} bears {borne}, settled {expected} fen")


def _layers_after_plan(decision: Decided) -> tuple[str, ...]:
    """Layers that the plan relieves, so that they bear at most what they were settled with."""
    if decision.plan_id is None or not isinstance(decision, ClaimAdjudicated):
        return ()
    try:
        return plan_of(decision.plan_id).payers.after
    except PlanUnknown:
        return ()


def _adjudicated_rules(decision: ClaimAdjudicated) -> Iterator[Broken]:
    liabilities_fen = sum(outcome.paid_fen for outcome in decision.liabilities)
    for rule, name, part, whole in (
        ("plan_part", "plan's bearings", borne_by(decision, "plan"), decision.plan_pays_fen),
        ("patient_part", "patient's bearings", borne_by(decision, "patient"), decision.patient_bears_fen),
        ("liabilities_part", "liabilities", liabilities_fen, decision.plan_pays_fen),
    ):
        if part != whole:
            yield Broken(rule, f"{name} {part} ≠ stated {whole} fen")


def _explanation_rules(decision: ClaimAdjudicated, explained: Explained | None) -> Iterator[Broken]:
    if explained is None:
        return
    for fault in explained.faults:
        yield Broken("explanation_adds_up", fault)
    if (explained.total_fen, explained.plan_fen) != (decision.bill_fen, decision.plan_pays_fen):
        sides = f"{explained.total_fen}, plan {explained.plan_fen}"
        stated = f"{decision.bill_fen}, plan {decision.plan_pays_fen}"
        yield Broken("explains_decision", f"explains {sides}, decided {stated} fen")


def _share_rules(decision: ClaimAdjudicated) -> Iterator[Broken]:
    """A plan that names no insurers has no shares; else they are the whole."""
    if not decision.pool_shares:
        return
    shared_fen = sum(share.amount_fen for share in decision.pool_shares)
    if shared_fen != awarded_fen(decision):
        yield Broken(
            "shares_are_the_whole", f"insurers bear {shared_fen}, decided {awarded_fen(decision)} fen"
        )
    if sum(share.share_bp for share in decision.pool_shares) != BASIS_POINTS:
        yield Broken("shares_are_the_whole", "the insurers' shares are not the whole pool")


def _one_stop_rules(decision: ClaimAdjudicated, fed: OneStopAmounts | None) -> Iterator[Broken]:
    """What the insurance centre settled is what the plan pays, and nothing is said to be settled that was not fed."""
    said = decision.one_stop
    if (said is None) != (fed is None):
        yield Broken(
            "one_stop_as_fed", "the decision and the bill do not agree on whether the centre settled"
        )
    settled_fen = fed.total_fen if said is not None and said.taken == "centre" and fed is not None else 0
    if decision.settled_at_desk_fen != settled_fen:
        sides = f"{decision.settled_at_desk_fen}, the centre {settled_fen} fen"
        yield Broken("one_stop_as_fed", f"said to be settled {sides}")
    if said is None:
        return
    pays_fen = said.centre_fen if said.taken == "centre" else said.own_fen
    if decision.plan_pays_fen != pays_fen:
        yield Broken("one_stop_is_paid", f"the plan pays {decision.plan_pays_fen}, taken were {pays_fen} fen")
    by_centre = sum(each.centre_pays_fen for each in said.liabilities)
    by_own = sum(each.own_pays_fen for each in said.liabilities)
    if (by_centre, by_own) != (said.centre_fen, said.own_fen):
        sides = f"{by_centre}/{by_own}, stated {said.centre_fen}/{said.own_fen} fen"
        yield Broken("one_stop_adds_up", f"the liabilities compared come to {sides}")
    taken = {
        each.liability_id: (each.centre_deductible_fen, each.centre_pays_fen)
        if said.taken == "centre"
        else (each.own_deductible_fen, each.own_pays_fen)
        for each in said.liabilities
    }
    decided = {each.liability_id: (each.deductible_fen, each.paid_fen) for each in decision.liabilities}
    for name in sorted(taken.keys() | decided.keys()):
        if taken.get(name, (0, 0)) != decided.get(name, (0, 0)):
            yield Broken("one_stop_is_taken", f"{name} was decided otherwise than by whom it was taken")
