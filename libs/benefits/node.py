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
    children: tuple["Node", ...] = ()
    steps: tuple["Node", ...] = ()

    def leaves(self) -> list["Node"]:
        """The nodes without children below this one, or itself."""
        return [leaf for child in self.children for leaf in child.leaves()] if self.children else [self]

    def as_json(
        self, children: list[dict[str, Any]] | None = None, steps: list[dict[str, Any]] | None = None
    ) -> dict[str, Any]:
        """The tree as plain JSON values; `children` and `steps` stand in for the node's own when given."""
        return {
            "kind": self.kind,
            "zh": self.zh,
            "en": self.en,
            "result_fen": self.result_fen,
            "formula": self.formula,
            "inputs": self.inputs,
            "clause": self.clause,
            "source": self.source,
            "grade": self.grade,
            "assumption": self.assumption,
            "steps": [step.as_json() for step in self.steps] if steps is None else steps,
            "children": [child.as_json() for child in self.children] if children is None else children,
        }

    def text(self, language: Language) -> str:
        """The tree as indented text (`explanation_text.py`)."""
        return explanation_text(self.as_json(), language)
