"""A node of the explanation."""

from typing import Any, Literal

import msgspec

from libs.benefits.explanation_text import Language, explanation_text

__all__ = ["Kind", "Language", "Node"]

Kind = Literal[
    "case", "bill", "layers", "layer", "plan", "liability", "band", "cap", "limit", "patient", "part", "step"
]


class Node(msgspec.Struct, frozen=True):
    """`children` are parts that sum to `result_fen`; `steps` show how an input came about and are not added."""

    kind: Kind
    zh: str
    en: str
    result_fen: int
    formula: str = ""
    inputs: dict[str, int] = {}
    clause: str | None = None
    source: str | None = None
    grade: str | None = None
    assumption: bool = False
    steps: tuple["Node", ...] = ()
    children: tuple["Node", ...] = ()

    def leaves(self) -> list["Node"]:
        """The nodes without children below this one, or itself."""
        return [leaf for child in self.children for leaf in child.leaves()] if self.children else [self]

    def as_json(self) -> dict[str, Any]:
        """The tree as plain JSON values, in the order of the fields."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return plain

    def text(self, language: Language) -> str:
        """The tree as indented text (`explanation_text.py`)."""
        return explanation_text(self.as_json(), language)
