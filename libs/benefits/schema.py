"""JSON Schemas for editors and for people who write cases."""

from typing import Any

from libs.benefits.case import Case
from libs.benefits.plan import Plan

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def plan_json_schema() -> dict[str, Any]:
    """The schema of a plan file, with amounts in yuan and percentages as they are written."""
    return {"$schema": _DIALECT, "title": "Huiji plan file", **Plan.model_json_schema(by_alias=True)}


def case_json_schema() -> dict[str, Any]:
    """The schema of a case, with amounts in fen."""
    schema = Case.model_json_schema(by_alias=True)
    bill = schema["$defs"]["Bill"]
    bill["properties"]["in_scope_fen"].pop("default")
    return {"$schema": _DIALECT, "title": "Huiji case", **schema}
