"""The JSON Schema of a case as a person may write it: the models' fields in fen, and every other word for them."""

from collections.abc import Iterable, Mapping
from typing import Any

from libs.benefits import case_words as words
from libs.benefits.case import Case

_YUAN = {
    "anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": r"^[\d,]+(\.\d+)?万?元?$"}]
}


def case_schema() -> dict[str, Any]:
    """The schema of `Case` with yuan, national names and Chinese; what must be there can be under any of its names."""
    schema = Case.model_json_schema(by_alias=True)
    bill, line, member, used = (
        schema["$defs"][name] for name in ("Bill", "BillLine", "Member", "LiabilityUsage")
    )
    bill["properties"]["in_scope_fen"].pop("default")
    bill["properties"]["paid"] = {
        "type": "object",
        "additionalProperties": _YUAN,
        "description": "payers, in yuan",
    }
    _yuan(bill, {**words.BILL_YUAN, **{word: f"paid_fen.{payer}" for word, payer in words.PAYERS.items()}})
    _yuan(bill, dict.fromkeys(words.SELF_PAY, "in_scope_fen less what the layers before paid"))
    _yuan(line, words.LINE_YUAN)
    _yuan(member, words.MEMBER_YUAN)
    _yuan(used, words.USAGE_YUAN)
    _values(bill, "visit", words.VISITS)
    _values(bill, "place", words.PLACES)
    _values(line, "category", words.CATEGORIES)
    member["properties"]["status"] = {"enum": list(words.STATUSES), "type": "string"}
    for part, fields in (
        (bill, ("lists", "tags")),
        (line, ("lists",)),
        (member, ("groups", "pre_existing_classes")),
    ):
        _one_or_several(part, fields)
    _names(bill, words.BILL_NAMES)
    _names(line, words.LINE_NAMES)
    _names(member, words.MEMBER_NAMES)
    for part in (bill, line):
        part.pop("required")
    bills = schema["properties"]["bills"]
    schema["properties"]["bills"] = {"anyOf": [bills, bills["items"]]}
    _names(schema, words.NAMES)
    schema.pop("required")
    schema["anyOf"] = [{"required": [word]} for word in ("bills", *_words_for("bills", words.NAMES))]
    return schema


def _yuan(part: dict[str, Any], meant: Mapping[str, str]) -> None:
    for word, field in meant.items():
        part["properties"][word] = {**_YUAN, "description": f"yuan: {field}"}


def _values(part: dict[str, Any], field: str, aliases: Mapping[str, str]) -> None:
    stated = part["properties"][field]
    part["properties"][field] = {"anyOf": [stated, {"enum": list(aliases), "type": "string"}]}


def _one_or_several(part: dict[str, Any], fields: Iterable[str]) -> None:
    for field in fields:
        part["properties"][field] = {"anyOf": [part["properties"][field], {"type": "string"}]}


def _names(part: dict[str, Any], names: Mapping[str, str]) -> None:
    for word, field in names.items():
        part["properties"][word] = {**part["properties"][field], "description": f"the same as {field}"}


def _words_for(field: str, names: Mapping[str, str]) -> list[str]:
    return [word for word, meant in names.items() if meant == field]
