"""A worked example as a plan file carries it."""

from pydantic import Field

from libs.benefits.amounts import SignedYuan, Yuan
from libs.benefits.case import Case
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


class Example(Strict):
    """A worked example: published ones are golden, derived ones are computed by hand from the terms."""

    id: Id
    title: Words
    source: str
    derived: bool = False
    case: Case
    expected: Expected
    precision: Precision = Precision()
