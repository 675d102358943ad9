"""The explanation of a decision whose amounts the insurance centre settled: they add up, and ours stand beside them."""

from collections.abc import Mapping

from msgspec.structs import replace

from libs.benefits import Evaluation, Plan
from libs.benefits.node import Node
from libs.contracts.one_stop import ComparedLiability, OneStopDecided, OneStopMode

MODES: Mapping[OneStopMode, tuple[str, str]] = {
    "one_stop": ("一站式结算", "one-stop at the hospital's desk"),
    "centre_local": ("中心零报（本地）", "reimbursed by the centre, local"),
    "centre_in_province": ("中心零报（省内异地）", "reimbursed by the centre, elsewhere in the province"),
    "centre_cross_province": ("中心零报（跨省）", "reimbursed by the centre, in another province"),
}
DIFFERENCE = ("与本系统测算之差", "difference from our own evaluation")


def explanation_taken(plan: Plan, found: Evaluation, decided: OneStopDecided, patient_fen: int) -> Node:
    """Our own tree with the plan's part as the centre settled it; our evaluation of it are steps, not parts."""
    (bill,) = found.explanation.children
    before, own_plan, own_patient = bill.children[:3]
    taken = replace(
        own_plan, result_fen=decided.centre_fen, children=_liabilities(plan, found, own_plan, decided)
    )
    parts = [before, taken, _patient(own_patient, patient_fen)]
    others_fen = bill.result_fen - sum(part.result_fen for part in parts)
    if others_fen:
        parts.append(Node("layers", "其他支付方", "other payers", others_fen))
    return replace(found.explanation, children=(replace(bill, children=tuple(parts)),))


def _liabilities(plan: Plan, found: Evaluation, own_plan: Node, decided: OneStopDecided) -> tuple[Node, ...]:
    own = {
        outcome.liability_id: node for outcome, node in zip(found.liabilities, own_plan.children, strict=True)
    }
    zh, en = MODES[decided.mode]
    return tuple(
        Node(
            "liability",
            f"{plan.liability(each.liability_id).name.zh}：取自医保中心（{zh}）",
            f"{plan.liability(each.liability_id).name.en}: taken from the insurance centre ({en})",
            each.centre_pays_fen,
            inputs={
                "centre_deductible_fen": each.centre_deductible_fen,
                "own_deductible_fen": each.own_deductible_fen,
                "own_pays_fen": each.own_pays_fen,
            },
            clause=plan.liability(each.liability_id).clause,
            steps=_beside(each, own.get(each.liability_id)),
        )
        for each in decided.liabilities
    )


def _beside(each: ComparedLiability, own: Node | None) -> tuple[Node, ...]:
    """The centre's deductible, our evaluation of the liability, and by how much the centre's is another."""
    steps = [
        Node("step", "医保中心计起付线", "deductible by the insurance centre", each.centre_deductible_fen)
    ]
    if own is not None:
        steps.append(replace(own, zh=f"本系统测算：{own.zh}", en=f"by our own evaluation: {own.en}"))
    if difference_fen := each.centre_pays_fen - each.own_pays_fen:
        steps.append(Node("step", *DIFFERENCE, difference_fen))
    return tuple(steps)


def _patient(own: Node, patient_fen: int) -> Node:
    """The reasons are our evaluation's; what the centre pays more or less than it is said as such."""
    difference_fen = patient_fen - own.result_fen
    differs = (Node("part", *DIFFERENCE, difference_fen),) if difference_fen else ()
    return replace(own, result_fen=patient_fen, children=own.children + differs)
