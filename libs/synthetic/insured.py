"""A synthetic person with the plan that covers them."""

from datetime import date
from typing import Literal

from pydantic import Field

from libs.contracts.event import Fen, Model
from libs.contracts.settlement import Scheme
from libs.interop.submission import Person


class Coverage(Model):
    """What enrolment needs to cover a person; `account` and `account_bank` are where the plan pays to."""

    plan_id: str
    covered_from: date
    covered_to: date = Field(description="last day, inclusive")
    scheme: Scheme
    pre_existing: bool = False
    pre_existing_reason: str | None = None
    groups: tuple[str, ...] = ()
    continuous_years: int = Field(default=1, ge=1)
    claim_free_years: int = Field(default=0, ge=0)
    premium_fen: Fen
    premium_payer: Literal["self", "family_account", "government", "charity"] = "self"
    account: str = Field(description="bank card number of 19 digits")
    account_bank: str = Field(description="12-digit CNAPS code of the bank's branch")


class Insured(Model):
    """A person, their region of basic insurance, and their coverage."""

    person: Person
    insured_region: str
    coverage: Coverage
    chronic_since: date | None = Field(default=None, description="registered for a chronic benefit since")
