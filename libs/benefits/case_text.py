"""The text of a case: JSON or YAML as plain values, and the line on which a field of it stands."""

import json
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import yaml

from libs.benefits import case_words as words
from libs.benefits.errors import CaseFault, CaseRefused
from libs.benefits.plan_problems import written_twice

_MOST_BYTES = 16 * 1024 * 1024
_MOST_BYTES_TO_NUMBER = 1024 * 1024
"""Lines are looked for when something is wrong; in a text larger than this nobody counts them."""
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class CaseText:
    """What a text says; `faults` are names written twice, of which `content` has the last value."""

    text: str
    content: object
    twice: tuple[str, ...] = field(default=())

    @classmethod
    def of(cls, text: bytes | str) -> "CaseText":
        """Reads JSON, else YAML. Raises CaseRefused for what is neither, at its line."""
        if len(text) > _MOST_BYTES:
            raise CaseRefused((CaseFault("(case)", f"{len(text)} bytes", f"at most {_MOST_BYTES} bytes"),))
        try:
            return _read(text.decode("utf-8") if isinstance(text, bytes) else text)
        except UnicodeDecodeError as error:
            raise CaseRefused((CaseFault("(case)", "bytes that are no UTF-8", "text in UTF-8"),)) from error

    @property
    def faults(self) -> tuple[CaseFault, ...]:
        """Names written twice in one object."""
        if not self.twice:
            return ()
        if self._root is None:
            return tuple(CaseFault(name, "written twice", "once") for name in self.twice)
        return tuple(
            CaseFault(each.field, "written twice", "once", each.line) for each in written_twice(self._root)
        )

    def numbered(self, fault: CaseFault) -> CaseFault:
        """The fault with the line of its field, as far as the text has it."""
        if fault.line is not None or self._root is None:
            return fault
        return replace(fault, line=_line_of(self._root, fault.field))

    @cached_property
    def _root(self) -> Any:
        if len(self.text) > _MOST_BYTES_TO_NUMBER:
            return None
        # YAML takes every JSON but tabs; they stand between words, so a space in their place moves no line.
        loader = _Loader(self.text.replace("\t", " "))
        try:
            return loader.get_single_node()
        except yaml.YAMLError:
            return None
        finally:
            loader.dispose()


def _read(text: str) -> CaseText:
    twice: list[str] = []

    def noting(pairs: list[tuple[str, object]]) -> dict[str, object]:
        names = [name for name, _ in pairs]
        twice.extend(name for name in dict.fromkeys(names) if names.count(name) > 1)
        return dict(pairs)

    try:
        # Decimals stay text, so that no yuan amount passes through a binary fraction.
        return CaseText(text, json.loads(text, parse_float=str, object_pairs_hook=noting), tuple(twice))
    except json.JSONDecodeError as error:
        slip = CaseFault(f"column {error.colno}", error.msg, "well-formed JSON", error.lineno)
    loader = _Loader(text)
    try:
        root = loader.get_single_node()
        names = tuple(each.field for each in written_twice(root))
        return CaseText(text, loader.construct_document(root) if root is not None else None, names)
    except yaml.YAMLError as error:
        if text.lstrip().startswith(("{", "[")):
            raise CaseRefused((slip,)) from error
        mark = getattr(error, "problem_mark", None)
        found = str(getattr(error, "problem", None) or "not readable")
        line = mark.line + 1 if mark else None
        raise CaseRefused((CaseFault("(case)", found, "well-formed JSON or YAML", line),)) from error
    finally:
        loader.dispose()


def _line_of(root: Any, path: str) -> int:
    """Line of the deepest step of a field's path that the text has, under whichever of its names.

    A step that is not there is passed over: one bill may stand without a list, a payer beside the buckets.
    """
    node, line = root, root.start_mark.line + 1
    for step in path.split("."):
        found = _inside(node, step)
        if found is not None:
            line, node = found
    return int(line)


def _inside(node: Any, step: str) -> tuple[int, Any] | None:
    if isinstance(node, yaml.SequenceNode):
        inside = node.value[int(step)] if step.isdigit() and int(step) < len(node.value) else None
        return (inside.start_mark.line + 1, inside) if inside is not None else None
    if not isinstance(node, yaml.MappingNode):
        return None
    names = {step, step.removesuffix("_fen"), *words.names_of(step)}
    pairs = ((key, value) for key, value in node.value if isinstance(key, yaml.ScalarNode))
    written = {key.value: (key.start_mark.line + 1, value) for key, value in pairs}
    return written.get(step) or next((written[name] for name in names if name in written), None)
