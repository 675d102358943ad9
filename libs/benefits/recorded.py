"""The explanation as it is recorded: plain values, nothing lost of the sums, no line repeated.

A bill of an intensive-care stay has thousands of lines, and an explanation with a leaf for each is larger than any
broker takes. Leaves that say the same of different lines say it once, of their sum.
"""

from operator import is_
from typing import Any

from msgspec.structs import replace

from libs.benefits.node import Node


def recorded_explanation(node: Node) -> dict[str, Any]:
    """The tree as plain JSON values, equal leaves of one parent added up."""
    return _added_up(node).as_json()


def _added_up(node: Node) -> Node:
    steps, children = _each_once(node.steps), _each_once(node.children)
    if steps is node.steps and children is node.children:
        return node
    return replace(node, steps=steps, children=children)


def _each_once(siblings: tuple[Node, ...]) -> tuple[Node, ...]:
    """The same tuple when no two say the same: so it is with nearly all."""
    if not siblings:
        return siblings
    kept: dict[object, Node] = {}
    for number, node in enumerate(siblings):
        # What has parts or a formula of its own stays as it is: its numbers belong together.
        if node.children or node.steps or node.formula or node.inputs:
            kept[number] = _added_up(node) if node.children or node.steps else node
            continue
        said = (node.kind, node.zh, node.en, node.clause, node.source, node.grade, node.assumption)
        known = kept.get(said)
        kept[said] = node if known is None else replace(known, result_fen=known.result_fen + node.result_fen)
    added_up = tuple(kept.values())
    same = len(added_up) == len(siblings) and all(map(is_, added_up, siblings))
    return siblings if same else added_up
