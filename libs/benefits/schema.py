"""JSON Schemas for editors and for people who write cases."""

from typing import Any

from libs.benefits.case_schema import case_schema
from libs.benefits.plan import Plan

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def plan_json_schema() -> dict[str, Any]:
    """The schema of a plan file, with amounts in yuan and percentages as they are written."""
    return {"$schema": _DIALECT, "title": "Huiji plan file", **Plan.model_json_schema(by_alias=True)}


def case_json_schema() -> dict[str, Any]:
    """The schema of a case, in fen or in yuan, under every name it may be written with."""
    return {"$schema": _DIALECT, **case_schema(), "title": "Huiji case"}
