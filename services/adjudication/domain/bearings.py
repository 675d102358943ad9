"""Who bears every fen of a bill, and under which clause."""

from libs.benefits import Evaluation, Plan
from libs.contracts.adjudication import Bearer, Bearing
from libs.contracts.one_stop import OneStopDecided
from libs.contracts.settlement import Settlement
from services.adjudication.domain.case import paid_by_layer

_LAYERS: dict[str, tuple[Bearer, str]] = {
    "basic": ("basic", "hifp_pay 统筹基金"),
    "civil_servant": ("basic", "cvlserv_pay 公务员补助"),
    "enterprise": ("other_fund", "hifes_pay 企业补充"),
    "critical_illness": ("critical_illness", "hifmi_pay 居民大病"),
    "large_amount": ("critical_illness", "hifob_pay 职工大额"),
    "assistance": ("assistance", "maf_pay 医疗救助"),
    "other": ("other_fund", "oth_pay 其他支出"),
    "hospital": ("hospital", "hosp_part_amt 医院负担"),
}


TAKEN_FROM_CENTRE = "（一站式：取自医保中心）"


def bearings_of(settlement: Settlement, plan: Plan, found: Evaluation) -> tuple[Bearing, ...]:
    """Layers below, the plan by liability, layers after it with what it left them, and the patient by reason."""
    after_left = sum(bill.after_fen for bill in found.bills)
    bearings = []
    for name, amount_fen in paid_by_layer(settlement).items():
        borne = amount_fen
        if name in plan.payers.after:
            borne = min(amount_fen, after_left)
            after_left -= borne
        bearings.append(layer_bearing(name, borne))
    bearings += [
        Bearing(bearer="plan", amount_fen=paid, clause=_plan_clause(plan, liability_id))
        for liability_id, paid in found.paid_by_liability.items()
        if paid
    ]
    bearings += _patient_bearings(found)
    return tuple(bearings)


def bearings_taken(
    settlement: Settlement, plan: Plan, found: Evaluation, decided: OneStopDecided
) -> tuple[Bearing, ...]:
    """Layers as settled, the plan as the insurance centre settled it, and the patient what is left.

    Why the patient keeps it is told by our own evaluation; by how much the centre is below it has a clause of its own,
    by how much it is above relieves the patient of the last parts.
    """
    bearings = [layer_bearing(name, fen) for name, fen in paid_by_layer(settlement).items()]
    bearings += [
        Bearing(
            bearer="plan",
            amount_fen=each.centre_pays_fen,
            clause=f"{_plan_clause(plan, each.liability_id)} {TAKEN_FROM_CENTRE}",
        )
        for each in decided.liabilities
        if each.centre_pays_fen
    ]
    left_fen = settlement.total_fen - sum(part.amount_fen for part in bearings)
    for part in _patient_bearings(found):
        kept_fen = min(part.amount_fen, left_fen)
        if kept_fen:
            bearings.append(part.model_copy(update={"amount_fen": kept_fen}))
            left_fen -= kept_fen
    if left_fen:
        bearings.append(
            Bearing(bearer="patient", amount_fen=left_fen, clause="one_stop: less than evaluated")
        )
    return tuple(bearings)


def _plan_clause(plan: Plan, liability_id: str) -> str:
    liability = plan.liability(liability_id)
    return f"{liability.clause} {liability.name.zh}"


def _patient_bearings(found: Evaluation) -> list[Bearing]:
    """What the patient keeps, by reason. Payers beside and after the plan relieve the patient of the first parts:
    nobody can tell which cost they meant, and no part can be less than nothing."""
    relieved_fen = -sum(part.amount_fen for part in found.patient_share if part.amount_fen < 0)
    bearings = []
    for part in found.patient_share:
        relief_fen = min(relieved_fen, max(part.amount_fen, 0))
        relieved_fen -= relief_fen
        kept_fen = part.amount_fen - relief_fen
        if kept_fen > 0:
            clause = _patient_clause(part.reason, part.liability_id)
            bearings.append(Bearing(bearer="patient", amount_fen=kept_fen, clause=clause))
    return bearings


def _patient_clause(reason: str, liability_id: str | None) -> str:
    return reason if liability_id is None else f"{liability_id}: {reason}"


def layer_bearing(name: str, amount_fen: int) -> Bearing:
    """A layer's part, under the national field that states it."""
    bearer, clause = _LAYERS[name]
    return Bearing(bearer=bearer, amount_fen=amount_fen, clause=clause)
