"""A decision's explanation as it is recorded: nothing lost of the sums, no line repeated.

A bill of an intensive-care stay has thousands of lines, and an explanation with a leaf for each is larger than any
broker takes. Leaves that say the same of different lines say it once, of their sum.
"""

from collections.abc import Iterable
from typing import Any

import orjson

from libs.benefits import Node


def recorded_explanation(explanation: Node) -> dict[str, Any]:
    """The tree as plain JSON values, equal leaves of one parent added up."""
    return _gathered(explanation.as_json())


def _gathered(node: dict[str, Any]) -> dict[str, Any]:
    return {**node, "steps": _added_up(node["steps"]), "children": _added_up(node["children"])}


def _added_up(siblings: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    kept: dict[object, dict[str, Any]] = {}
    for index, node in enumerate(siblings):
        words = {name: value for name, value in node.items() if name != "result_fen"}
        # What has parts or a formula of its own stays as it is: its numbers belong together.
        simple = not (node["children"] or node["steps"] or node["formula"] or node["inputs"])
        key: object = orjson.dumps(words) if simple else index
        if key in kept:
            kept[key]["result_fen"] += node["result_fen"]
        else:
            kept[key] = _gathered(node)
    return list(kept.values())
