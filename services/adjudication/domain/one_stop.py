"""A decision takes what the insurance centre has settled (一站式); our own evaluation stands beside it.

The money has left: the person owed so much less at the desk. So the year's balances follow the amounts taken, and what
our evaluation says otherwise is for an operator and the centre, not for the patient.
"""

from collections.abc import Mapping

from libs.benefits import BenefitsError, Evaluation, Plan, Usage
from libs.benefits.case import LiabilityUsage
from libs.contracts.adjudication import ClaimOpened, LiabilityOutcome
from libs.contracts.one_stop import ComparedLiability, OneStopAmounts, OneStopDecided
from services.adjudication.domain.balances import sum_of, taken_between

_CASH = "cash/"
_NOTHING = (0, 0)


class OneStopUnusable(BenefitsError):
    """The centre settled another plan than the one that covers the person, a liability that the plan has not, or more
    of one than the bill.
    """

    code = "one_stop_unusable"


class CentreUnsaid(BenefitsError):
    """A correction says nothing of what the centre had settled by the claim's revisions before it."""

    code = "centre_unsaid"


def decided_by_whom(plan: Plan, amounts: OneStopAmounts, found: Evaluation) -> OneStopDecided:
    """Whose amounts the decision has, with both sides. Raises OneStopUnusable.

    When the centre fed nothing although the plan pays, ours are the fallback; when neither pays, the centre's
    deductible counts if it stated one.
    """
    liabilities = _compared(plan, amounts, found)
    states_nothing = amounts.total_fen == 0 and not any(each.centre_deductible_fen for each in liabilities)
    falls_back = states_nothing or (amounts.total_fen == 0 and found.plan_pays_fen > 0)
    return OneStopDecided(
        taken="own" if falls_back else "centre",
        mode=amounts.mode,
        reference=amounts.reference,
        centre_fen=amounts.total_fen,
        own_fen=found.plan_pays_fen,
        liabilities=liabilities,
    )


def check_still_stated(opened: ClaimOpened, centre_fen: int) -> None:
    """A correction that is silent of what the centre settled would pay by transfer what the patient has: that it was
    undone is said by a sum of 0. `centre_fen`: what was said last. Raises CentreUnsaid.
    """
    if opened.one_stop is None and centre_fen:
        raise CentreUnsaid(f"the centre had settled {centre_fen} fen, of which the correction says nothing")


def outcomes_taken(plan: Plan, found: Evaluation, decided: OneStopDecided) -> tuple[LiabilityOutcome, ...]:
    """The liabilities as the centre settled them; the cost that counted is at least what it took and paid."""
    counted = {outcome.liability_id: outcome.base_fen for outcome in found.liabilities}
    used = usage_taken(plan, found, decided).liabilities
    return tuple(
        LiabilityOutcome(
            liability_id=each.liability_id,
            base_fen=max(counted.get(each.liability_id, 0), _of(used, each.liability_id).base_fen),
            deductible_fen=each.centre_deductible_fen,
            paid_fen=each.centre_pays_fen,
        )
        for each in decided.liabilities
    )


def usage_taken(plan: Plan, found: Evaluation, decided: OneStopDecided) -> Usage:
    """What the claim takes of the year's balances: the centre's deductibles and payments.

    Of finer caps (per drug, per implant) the centre says nothing: they follow our own evaluation, but take no more
    than their liability paid.
    """
    own = taken_between(found.case.used, found.usage_after)
    liabilities = {name: used for name, used in own.liabilities.items() if not plan.promises(name)}
    for each in decided.liabilities:
        taken_fen = each.centre_deductible_fen + each.centre_pays_fen
        if taken_fen:
            liabilities[each.liability_id] = LiabilityUsage(
                base_fen=max(_of(own.liabilities, each.liability_id).base_fen, taken_fen),
                deductible_fen=each.centre_deductible_fen,
                paid_fen=each.centre_pays_fen,
            )
    paid = {each.liability_id: each.centre_pays_fen for each in decided.liabilities}
    caps = {key: _cap_taken(plan, key, used, paid) for key, used in own.caps.items()}
    return Usage(liabilities=liabilities, caps={key: used for key, used in caps.items() if used})


def usage_after(found: Evaluation, taken: Usage) -> Usage:
    """The year's balances after the claim."""
    return sum_of([found.case.used.model_dump(), taken.model_dump()])


def _compared(plan: Plan, amounts: OneStopAmounts, found: Evaluation) -> tuple[ComparedLiability, ...]:
    if amounts.plan_id != plan.id:
        raise OneStopUnusable(
            f"the centre settled plan {amounts.plan_id}, the person is covered by {plan.id}"
        )
    centre: dict[str, tuple[int, int]] = {}
    for each in amounts.liabilities:
        liability_id = plan.liability_of_code(each.code)
        if liability_id is None:
            raise OneStopUnusable(f"the centre settled a liability {each.code}, which plan {plan.id} has not")
        deductible_fen, pays_fen = centre.get(liability_id, _NOTHING)
        centre[liability_id] = (deductible_fen + each.deductible_fen, pays_fen + each.pays_fen)
    bill_fen = sum(bill.total_fen for bill in found.case.bills)
    for liability_id, parts in centre.items():
        # Under several codes of one liability; intake has checked each code alone.
        if sum(parts) > bill_fen:
            raise OneStopUnusable(f"the centre's parts of {liability_id} are more than the bill")
    own = {
        outcome.liability_id: (outcome.deductible.taken_fen, outcome.paid_fen)
        for outcome in found.liabilities
    }
    return tuple(
        _side_by_side(liability.id, centre.get(liability.id, _NOTHING), own.get(liability.id, _NOTHING))
        for liability in plan.liabilities
        if liability.id in centre or liability.id in own
    )


def _side_by_side(liability_id: str, centre: tuple[int, int], own: tuple[int, int]) -> ComparedLiability:
    return ComparedLiability(
        liability_id=liability_id,
        centre_deductible_fen=centre[0],
        own_deductible_fen=own[0],
        centre_pays_fen=centre[1],
        own_pays_fen=own[1],
    )


def _cap_taken(plan: Plan, key: str, used: int, paid_fen: Mapping[str, int]) -> int:
    """Caps on cost and on how often stay as evaluated; one on payments takes at most what was paid."""
    liability_id, _, rest = key.partition("/")
    if key.startswith(_CASH) or not plan.promises(liability_id):
        return used
    cap_id = rest.partition("/")[0]
    limits_payments = any(
        cap.id == cap_id and cap.limits == "paid" and cap.times is None
        for cap in plan.liability(liability_id).caps
    )
    return min(used, paid_fen.get(liability_id, 0)) if limits_payments else used


def _of(used: Mapping[str, LiabilityUsage], liability_id: str) -> LiabilityUsage:
    return used.get(liability_id) or LiabilityUsage()
