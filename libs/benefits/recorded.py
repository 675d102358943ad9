"""The explanation as it is recorded: plain values, nothing lost of the sums, no line repeated.

A bill of an intensive-care stay has thousands of lines, and an explanation with a leaf for each is larger than any
broker takes. Leaves that say the same of different lines say it once, of their sum.
"""

from typing import Any

from libs.benefits.node import Node


def recorded_explanation(node: Node) -> dict[str, Any]:
    """The tree as plain JSON values, equal leaves of one parent added up."""
    return node.as_json(_added_up(node.children), _added_up(node.steps))


def _added_up(siblings: tuple[Node, ...]) -> list[dict[str, Any]]:
    kept: list[dict[str, Any]] = []
    alike: dict[object, dict[str, Any]] = {}
    for node in siblings:
        # What has parts or a formula of its own stays as it is: its numbers belong together.
        if node.children or node.steps or node.formula or node.inputs:
            kept.append(recorded_explanation(node))
            continue
        said = (node.kind, node.zh, node.en, node.clause, node.source, node.grade, node.assumption)
        known = alike.get(said)
        if known is None:
            known = alike[said] = node.as_json([], [])
            kept.append(known)
        else:
            known["result_fen"] += node.result_fen
    return kept
