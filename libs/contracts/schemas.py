"""JSON Schema of every published event, as a reader of any event of that version may rely on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from libs.contracts.event import Event
from libs.contracts.registry import PUBLISHED

Schema = dict[str, Any]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


@dataclass(frozen=True, slots=True, order=True)
class Contract:
    """One version of one published event type. `context` is the service whose topic carries it."""

    context: str
    type: str
    version: int

    def __str__(self) -> str:
        return f"{self.context}/{self.type}.v{self.version}"


def contract_of(context: str, kind: type[Event]) -> Contract:
    """The version of `kind` that this code writes."""
    return Contract(context, kind.__name__, kind.schema_version)


def published_contracts() -> Mapping[Contract, type[Event]]:
    """Every event type in the version that this code writes, in order."""
    contracts = {contract_of(context, kind): kind for context, kinds in PUBLISHED.items() for kind in kinds}
    return dict(sorted(contracts.items()))


def event_schema(contract: Contract, kind: type[Event]) -> Schema:
    """The event's body. Fields that earlier writers left out are not required: they have a default."""
    return {
        "$schema": _DIALECT,
        "$id": f"urn:huiji:event:{contract.context}:{contract.type}:{contract.version}",
        **kind.model_json_schema(mode="validation"),
    }


def current_schemas() -> Mapping[Contract, Schema]:
    """The schemas of what this code writes."""
    return {contract: event_schema(contract, kind) for contract, kind in published_contracts().items()}
