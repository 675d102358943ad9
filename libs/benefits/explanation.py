"""The explanation: a tree whose leaves sum to the bills, each node with clause, inputs, formula and result."""

from libs.benefits.case import Case
from libs.benefits.liability_steps import liability_node
from libs.benefits.node import Node
from libs.benefits.outcome import BillOutcome
from libs.benefits.patient_share import kept_parts
from libs.benefits.plan import Plan
from libs.benefits.portions import layers_of
from libs.benefits.selection import Excluded
from libs.benefits.wording import REASONS, layer_words, reason_words


def explain(plan: Plan, case: Case, bills: tuple[BillOutcome, ...]) -> Node:
    """The tree of a whole case: per bill what the other layers, the plan and the patient bear."""
    children = tuple(_bill(plan, case, index, bill) for index, bill in enumerate(bills))
    return Node(
        "case", plan.name.zh, plan.name.en, sum(child.result_fen for child in children), children=children
    )


def decision_nodes(root: Node) -> list[Node]:
    """The nodes that say what the plan pays; their leaves sum to the decision."""
    return [part for bill in root.children for part in bill.children if part.kind == "plan"]


def _bill(plan: Plan, case: Case, index: int, outcome: BillOutcome) -> Node:
    bill = case.bills[index]
    layers = layers_of(bill, plan.payers)
    before = tuple(_layer(name, fen) for name, fen in layers.before.items() if fen)
    parts = [
        Node("layers", "计划之前的支付", "paid before the plan", outcome.before_fen, children=before),
        Node(
            "plan",
            "本计划赔付",
            "the plan pays",
            outcome.plan_pays_fen,
            children=tuple(liability_node(plan, each) for each in outcome.liabilities),
        ),
        _patient(plan, outcome),
    ]
    others_fen = outcome.beside_fen + outcome.after_fen
    if others_fen:
        parts.append(Node("layers", "其他支付方", "other payers", others_fen))
    return Node(
        "bill", f"账单 {outcome.bill_id}", f"bill {outcome.bill_id}", outcome.total_fen, children=tuple(parts)
    )


def _layer(name: str, amount_fen: int) -> Node:
    words = layer_words(name)
    return Node("layer", words.zh, words.en, amount_fen)


def _patient(plan: Plan, outcome: BillOutcome) -> Node:
    parts: list[Node] = []
    for each in outcome.liabilities:
        name = plan.liability(each.liability_id).name
        for reason, amount_fen in kept_parts(each).items():
            if amount_fen:
                words = REASONS[reason]
                parts.append(Node("part", f"{name.zh}：{words.zh}", f"{name.en}: {words.en}", amount_fen))
    parts.extend(_excluded(outcome))
    others_fen = outcome.beside_fen + outcome.after_fen
    if others_fen:
        words = REASONS["borne_by_other_payers"]
        parts.append(Node("part", words.zh, words.en, -others_fen))
    return Node("patient", "个人承担", "the patient bears", outcome.patient_bears_fen, children=tuple(parts))


def _excluded(outcome: BillOutcome) -> list[Node]:
    """What no liability counted, alike parts added up: a stay has thousands of lines and few reasons."""
    alike: dict[tuple[str, str, int], Excluded] = {}
    amounts: dict[tuple[str, str, int], int] = {}
    for part in outcome.excluded:
        reason = (part.reason, part.portion.bucket, id(part.exclusion))
        alike.setdefault(reason, part)
        amounts[reason] = amounts.get(reason, 0) + part.amount_fen
    sums: dict[tuple[str, str, str | None, bool], int] = {}
    for key, part in alike.items():
        term = part.exclusion
        clause, assumed = (term.clause, term.assumption) if term is not None else (None, False)
        said = (*reason_words(part), clause, assumed)
        sums[said] = sums.get(said, 0) + amounts[key]
    return [
        Node("part", zh, en, amount_fen, clause=clause, assumption=assumed)
        for (zh, en, clause, assumed), amount_fen in sums.items()
    ]
