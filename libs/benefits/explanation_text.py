"""The explanation as text: from the tree of an evaluation, or from what a decision recorded of it."""

from collections.abc import Mapping
from typing import Any, Literal

from libs.money import format_yuan

Language = Literal["zh", "en"]

_ASSUMED: Mapping[Language, str] = {"zh": "[假定] ", "en": "[assumed] "}


def explanation_text(tree: Mapping[str, Any], language: Language) -> str:
    """Indented text: parts are marked `-` and add up to the line above them, steps `·` show how a part came about.

    What a node does not say (clause, formula, ...) is not printed.
    Each line ends with `= ` and its amount in yuan; what stands before it is the formula that gives the amount. Only a
    step that names a rule has none: its effect is in the amounts it changed.
    """
    return "\n".join(_lines(tree, language, 0, "-"))


def _lines(node: Mapping[str, Any], language: Language, depth: int, mark: str) -> list[str]:
    assumed = _ASSUMED[language] if node.get("assumption") else ""
    clause = f"[§{node['clause']}] " if node.get("clause") else ""
    formula = f": {node['formula']} =" if node.get("formula") else " ="
    words = node.get(language, node.get("kind", ""))
    names_a_rule = mark == "·" and not node.get("formula") and not node["result_fen"]
    amount = "" if names_a_rule else f"{formula} {format_yuan(node['result_fen'])}"
    lines = [f"{'  ' * depth}{mark} {assumed}{clause}{words}{amount}"]
    for step in node.get("steps", ()):
        lines.extend(_lines(step, language, depth + 1, "·"))
    for child in node.get("children", ()):
        lines.extend(_lines(child, language, depth + 1, "-"))
    return lines
