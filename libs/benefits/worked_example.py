"""A worked example as a plan file carries it."""

from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema

from libs.benefits.amounts import SignedYuan, Yuan
from libs.benefits.case import Case
from libs.benefits.case_reader import CaseReader
from libs.benefits.terms import Id, Strict, Words
from libs.money import Rounding


class Precision(Strict):
    """The unit to which a published example states its figures."""

    unit_fen: Yuan = Field(default=1, alias="unit", ge=1)
    rounding: Rounding = "half_up"


class Expected(Strict):
    """Published results of an example; liabilities not named are expected to pay nothing."""

    liabilities: dict[Id, SignedYuan]
    total_fen: Yuan = Field(alias="total")
    patient_fen: Yuan | None = Field(default=None, alias="patient")


def _as_written(value: object) -> object:
    """An example's case may be written as any case: in yuan, in Chinese, with sums left out."""
    if not isinstance(value, dict):
        return value
    reader = CaseReader({})
    case = reader.case(value)
    if reader.faults:
        raise ValueError("; ".join(str(fault) for fault in reader.faults))
    return case


_CASE_SCHEMA = {
    "type": "object",
    "description": "a case in fen or yuan: docs/evaluate.md, case.schema.json",
}


class Example(Strict):
    """A worked example: published ones are golden, derived ones are computed by hand from the terms."""

    id: Id
    title: Words
    source: str
    derived: bool = False
    case: Annotated[Case, BeforeValidator(_as_written), WithJsonSchema(_CASE_SCHEMA)]
    expected: Expected
    precision: Precision = Precision()
