"""A change that a reader or an old event could not take is refused; one that only adds passes."""

import copy
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from libs.contracts.compatibility import incompatible_changes, refusals
from libs.contracts.schemas import Contract, Schema, current_schemas, published_contracts
from libs.runtime.asyncapi import whole_asyncapi_document
from services.operations.adapters.released_schemas import RevisionUnreadable
from services.operations.entrypoints.places import CHECKOUT
from services.operations.use_cases.contracts import (
    ASYNCAPI,
    GOLDEN,
    SCHEMAS,
    check_contracts,
    export_contracts,
)

CURRENT = current_schemas()
DENIED = next(contract for contract in CURRENT if contract.type == "ClaimDenied")

BEFORE: Schema = {
    "$defs": {
        "Part": {
            "type": "object",
            "properties": {
                "amount_fen": {"type": "integer", "minimum": 0},
                "kind": {"enum": ["a", "b"], "type": "string"},
            },
            "required": ["amount_fen", "kind"],
        }
    },
    "type": "object",
    "properties": {
        "claim_id": {"type": "string", "maxLength": 40, "description": "which"},
        "reason": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
        "score": {"type": "integer", "default": 0, "maximum": 1000},
        "decided_at": {"type": "string", "format": "date-time"},
        "parts": {"type": "array", "items": {"$ref": "#/$defs/Part"}},
        "by_name": {"type": "object", "additionalProperties": {"type": "integer"}, "default": {}},
    },
    "required": ["claim_id", "decided_at", "parts"],
}

Change = Callable[[Schema], object]


def changed(change: Change) -> Schema:
    after = copy.deepcopy(BEFORE)
    change(after)
    return after


def part_of(schema: Schema) -> dict[str, Any]:
    found: dict[str, Any] = schema["$defs"]["Part"]
    return found


def rename(schema: Schema) -> None:
    schema["properties"]["case_id"] = schema["properties"].pop("claim_id")
    schema["required"][0] = "case_id"


INCOMPATIBLE: dict[str, tuple[Change, str]] = {
    "removed": (lambda s: s["properties"].pop("reason"), "field reason is gone"),
    "renamed": (rename, "field claim_id is gone"),
    "retyped": (lambda s: s["properties"]["score"].update(type="string"), "score was integer and is string"),
    "new required": (
        lambda s: (s["properties"].update(extra={"type": "string"}), s["required"].append("extra")),
        "new field extra is required",
    ),
    "made required": (lambda s: s["required"].append("score"), "score is required now"),
    "other default": (lambda s: s["properties"]["score"].update(default=1), "score has another default"),
    "no longer optional": (
        lambda s: s["properties"].update(reason={"type": "string", "default": None}),
        "reason can no longer be null",
    ),
    "made optional": (
        lambda s: s["properties"].update(
            claim_id={"anyOf": [{"type": "string", "maxLength": 40}, {"type": "null"}]}
        ),
        "claim_id can now also be null",
    ),
    "narrowed maximum": (lambda s: s["properties"]["score"].update(maximum=10), "narrower maximum"),
    "narrowed length": (lambda s: s["properties"]["claim_id"].update(maxLength=10), "narrower maxLength"),
    "new constraint": (lambda s: s["properties"]["claim_id"].update(minLength=1), "narrower minLength"),
    "widened length": (lambda s: s["properties"]["claim_id"].update(maxLength=80), "wider maxLength"),
    "new pattern": (lambda s: s["properties"]["claim_id"].update(pattern="^c"), "changes pattern"),
    "other format": (lambda s: s["properties"]["decided_at"].update(format="date"), "changes format"),
    "narrowed list of values": (
        lambda s: part_of(s)["properties"]["kind"].update(enum=["a"]),
        "no longer allows b",
    ),
    "widened list of values": (
        lambda s: part_of(s)["properties"]["kind"].update(enum=["a", "b", "c"]),
        "now also allows c",
    ),
    "list of values dropped": (lambda s: part_of(s)["properties"]["kind"].pop("enum"), "no longer limited"),
    "inside a part": (lambda s: part_of(s)["properties"].pop("amount_fen"), "parts[].amount_fen is gone"),
    "items retyped": (
        lambda s: s["properties"]["parts"].update(items={"type": "string"}),
        "parts[] was object",
    ),
    "values retyped": (
        lambda s: s["properties"]["by_name"].update(additionalProperties={"type": "string"}),
        "by_name.* was integer",
    ),
    "closed to additions": (lambda s: s.update(additionalProperties=False), "changes additionalProperties"),
}

ADDITIVE: dict[str, Change] = {
    "nothing": lambda s: None,
    "new optional field": lambda s: s["properties"].update(extra={"type": "string", "default": "x"}),
    "new optional field in a part": lambda s: part_of(s)["properties"].update(
        note={"type": "string", "default": ""}
    ),
    "other words": lambda s: s["properties"]["claim_id"].update(description="which claim", title="Claim"),
    "a part under another name": lambda s: (
        s["$defs"].update(Share=s["$defs"].pop("Part")),
        s["properties"]["parts"].update(items={"$ref": "#/$defs/Share"}),
    ),
    "no longer required": lambda s: (
        s["required"].remove("claim_id"),
        s["properties"]["claim_id"].update(default=""),
    ),
}


@pytest.mark.parametrize("name", INCOMPATIBLE)
def test_an_incompatible_change_is_refused_in_words(name: str) -> None:
    change, words = INCOMPATIBLE[name]
    found = incompatible_changes(BEFORE, changed(change))
    assert any(words in sentence for sentence in found), found


@pytest.mark.parametrize("name", ADDITIVE)
def test_a_change_that_only_adds_passes(name: str) -> None:
    assert incompatible_changes(BEFORE, changed(ADDITIVE[name])) == []


def test_a_model_that_contains_itself_is_compared_to_its_end() -> None:
    node = {
        "type": "object",
        "properties": {"children": {"type": "array", "items": {"$ref": "#/$defs/Node"}}},
    }
    tree = {"$defs": {"Node": node}, "$ref": "#/$defs/Node"}
    assert incompatible_changes(tree, copy.deepcopy(tree)) == []


V1, V2, V3 = (Contract("adjudication", "ClaimDenied", version) for version in (1, 2, 3))
BROKEN = changed(INCOMPATIBLE["removed"][0])


def test_another_shape_needs_another_version() -> None:
    [refusal] = refusals({V1: BEFORE}, {V1: BROKEN}, set())
    assert "raise schema_version and add an upcaster from 1" in str(refusal)


def test_another_version_needs_the_upcaster_from_the_one_before() -> None:
    [refusal] = refusals({V1: BEFORE}, {V2: BROKEN}, set())
    assert str(refusal) == "adjudication/ClaimDenied.v1: no upcaster from version 1 to 2"
    assert refusals({V1: BEFORE}, {V2: BROKEN}, {("ClaimDenied", 1)}) == []


def test_every_step_from_the_oldest_version_on_needs_an_upcaster() -> None:
    released = {V1: BEFORE, V2: BROKEN}
    assert len(refusals(released, {V3: BEFORE}, {("ClaimDenied", 2)})) == 1
    assert refusals(released, {V3: BEFORE}, {("ClaimDenied", 1), ("ClaimDenied", 2)}) == []


def test_a_version_does_not_go_back() -> None:
    [refusal] = refusals({V2: BEFORE}, {V1: BEFORE}, {("ClaimDenied", 1)})
    assert "went back" in str(refusal)


def test_a_type_does_not_go_or_move_to_another_topic() -> None:
    [gone] = refusals({V1: BEFORE}, {}, set())
    assert "the type is gone" in str(gone)
    assert refusals({V1: BEFORE}, {Contract("payout", "ClaimDenied", 1): BEFORE}, set())


def test_a_new_type_passes() -> None:
    assert refusals({V1: BEFORE}, {V1: BEFORE, Contract("payout", "SomethingNew", 1): BEFORE}, set()) == []


def test_what_is_exported_is_current_and_compatible() -> None:
    checked = check_contracts(CHECKOUT)
    assert (checked.refused, checked.stale) == ((), ()), "run `huiji contracts export`"


def edit_exported(checkout: Path, change: Change) -> None:
    """Make the exported ClaimDenied differ, as if the model had been changed the other way since."""
    path = checkout / SCHEMAS / DENIED.context / f"{DENIED.type}.v{DENIED.version}.json"
    schema = orjson.loads(path.read_bytes())
    change(schema)
    path.write_bytes(orjson.dumps(schema))


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout that has what cannot be written anew: the samples and schemas of older versions."""
    for exported in (SCHEMAS, GOLDEN):
        shutil.copytree(CHECKOUT / exported, tmp_path / exported)
        newest = {f"{one.type}.v{one.version}.json" for one in published_contracts()}
        for file in (tmp_path / exported).rglob("*.v*.json"):
            if file.name in newest:
                file.unlink()
    return tmp_path


def test_exporting_twice_changes_nothing(checkout: Path) -> None:
    assert export_contracts(checkout).written
    again = export_contracts(checkout)
    assert (again.written, again.removed, again.refused) == ((), (), ())
    assert check_contracts(checkout).holds


def test_a_field_taken_out_of_a_model_is_refused_and_nothing_is_written(checkout: Path) -> None:
    export_contracts(checkout)
    edit_exported(
        checkout, lambda schema: schema["properties"].update(gone={"type": "string", "default": ""})
    )
    (checkout / ASYNCAPI).unlink()
    refused = export_contracts(checkout)
    assert "field gone is gone" in str(refused.refused[0])
    assert not (checkout / ASYNCAPI).exists()
    assert not check_contracts(checkout).holds


def test_a_field_added_to_a_model_has_only_to_be_exported(checkout: Path) -> None:
    export_contracts(checkout)
    edit_exported(checkout, lambda schema: schema["properties"].pop("coverage_id"))
    edit_exported(checkout, lambda schema: schema["required"].remove("coverage_id"))
    checked = check_contracts(checkout)
    required = [str(refusal) for refusal in checked.refused]
    assert all("new field coverage_id is required" in sentence for sentence in required)
    assert required, "coverage_id has no default, so adding it would break older events"

    export_contracts(checkout, replace=True)
    optional = next(contract for contract in CURRENT if contract.type == "CoverageActivated")
    path = checkout / SCHEMAS / optional.context / f"{optional.type}.v{optional.version}.json"
    schema = orjson.loads(path.read_bytes())
    schema["properties"].pop("pre_existing_reason")
    path.write_bytes(orjson.dumps(schema))
    checked = check_contracts(checkout)
    assert checked.refused == ()
    assert checked.stale == (f"{path.relative_to(checkout)} is not current",)
    assert export_contracts(checkout).written == (str(path.relative_to(checkout)),)


def test_a_file_without_a_contract_is_noticed_and_removed(checkout: Path) -> None:
    export_contracts(checkout)
    old = checkout / SCHEMAS / DENIED.context / "SomethingOld.v1.json"
    old.write_bytes(b"{}")
    assert "the type is gone" in str(check_contracts(checkout).refused[0])
    assert export_contracts(checkout, replace=True).removed == (str(old.relative_to(checkout)),)


def git(checkout: Path, *arguments: str) -> None:
    who = ("-c", "user.name=test", "-c", "user.email=test@example.invalid", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, "-C", str(checkout), *arguments], check=True, capture_output=True)


def test_a_released_version_is_never_replaced(checkout: Path) -> None:
    export_contracts(checkout)
    edit_exported(
        checkout, lambda schema: schema["properties"].update(gone={"type": "string", "default": ""})
    )
    git(checkout, "init", "-q")
    git(checkout, "add", ".")
    git(checkout, "commit", "-qm", "contracts")
    assert export_contracts(checkout, replace=True).refused == ()

    git(checkout, "tag", "v1.0.0")
    assert "field gone is gone" in str(export_contracts(checkout, replace=True).refused[0])
    checked = check_contracts(checkout)
    assert checked.released == "v1.0.0"
    assert checked.refused


def test_a_branch_is_compared_with_the_one_it_goes_into(checkout: Path) -> None:
    export_contracts(checkout)
    edit_exported(
        checkout, lambda schema: schema["properties"].update(gone={"type": "string", "default": ""})
    )
    git(checkout, "init", "-q")
    git(checkout, "add", ".")
    git(checkout, "commit", "-qm", "contracts")
    export_contracts(checkout, replace=True)
    assert check_contracts(checkout).holds
    assert not check_contracts(checkout, against="HEAD").holds
    with pytest.raises(RevisionUnreadable):
        check_contracts(checkout, against="no-such-branch")


def test_the_asyncapi_document_is_yaml_in_which_every_reference_leads_somewhere() -> None:
    document = yaml.safe_load((CHECKOUT / ASYNCAPI).read_text())
    assert document["asyncapi"] == "3.0.0"
    references = list(_references(document))
    assert references
    for reference in references:
        target = document
        for step in reference.removeprefix("#/").split("/"):
            target = target[step]
    assert (
        document["components"]["messages"].keys()
        == whole_asyncapi_document()["components"]["messages"].keys()
    )


def _references(value: Any) -> Any:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)
