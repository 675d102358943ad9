"""What is evaluated: a person, their bills after the layers below, and what this benefit year already used."""

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from libs.money import format_yuan

Bucket = Literal["in_scope", "first_pay", "over_limit", "self_funded"]
BUCKETS: tuple[Bucket, ...] = ("in_scope", "first_pay", "over_limit", "self_funded")
"""The four parts of a bill in the order in which payments of the layers below are set against them."""

Visit = Literal["inpatient", "day_surgery", "outpatient", "emergency", "chronic", "special_drug"]
Category = Literal[
    "drug",
    "herb",
    "material",
    "exam",
    "lab",
    "treatment",
    "surgery",
    "bed",
    "nursing",
    "meal",
    "service",
    "other",
]
Fen = Annotated[int, Field(ge=0, strict=True)]
"""A non-negative amount in whole fen."""

_set = object.__setattr__


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    _names: ClassVar[set[str]]

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        cls._names = set(cls.model_fields)

    @classmethod
    def made(cls, fields: dict[str, Any]) -> Self:
        """One of fields that are all named and known to be of their types: takes an eighth of what checking takes.

        Whether they fit together is not asked (`Bill.checked`). The caller gives the dict away.
        """
        value = cls.__new__(cls)
        _set(value, "__dict__", fields)
        _set(value, "__pydantic_fields_set__", cls._names)
        _set(value, "__pydantic_extra__", None)
        _set(value, "__pydantic_private__", None)
        return value


class Member(_Frozen):
    """The insured person as known for this benefit year; statuses are decided at enrolment, not here."""

    scheme: str = "resident"
    """Basic scheme: `employee`, `resident`, another city's own, or `none` for the uninsured."""
    pre_existing: bool = False
    pre_existing_classes: tuple[str, ...] = ()
    """Named classes when a plan treats some pre-existing conditions differently, e.g. `severe`."""
    continuous_years: int = Field(default=1, ge=0)
    """Years insured without a break, this one included."""
    claim_free_years: int = Field(default=0, ge=0)
    """Years directly before this one, insured, in which the plan paid nothing."""
    groups: tuple[str, ...] = ()
    """Recognised groups such as `poverty`, `subsistence`, `disabled`, `student`."""
    tier: str | None = None
    """Tier of the plan joined; the plan's first tier when absent."""
    age: int | None = Field(default=None, ge=0)
    cover_start: date | None = None
    """First day of cover counted with back-dating; the waiting period runs from it."""
    critical_illness_threshold_fen: Fen | None = None
    """The person's own critical-illness threshold if known; else the plan's table by scheme."""


class BillLine(_Frozen):
    """One charge; what is in none of the three self-borne buckets is in scope of basic insurance."""

    category: Category | None = None
    """Not stated: counted as of a category the liability covers, and noted as not itemised."""
    amount_fen: Fen
    first_pay_fen: Fen = 0
    over_limit_fen: Fen = 0
    self_funded_fen: Fen = 0
    code: str | None = None
    name: str | None = None
    lists: tuple[str, ...] = ()
    """Plan lists the line is already known to be on, e.g. `special_drugs`."""
    indication: str | None = None
    site: str | None = None
    """Hospital or pharmacy code, for lists that bind a product to places."""
    service_date: date | None = None
    quantity: int = Field(default=1, ge=1)

    @property
    def in_scope_fen(self) -> int:
        """What national field `inscp_scp_amt` says of the line."""
        return self.amount_fen - self.first_pay_fen - self.over_limit_fen - self.self_funded_fen

    @property
    def bucket_amounts(self) -> tuple[int, int, int, int]:
        """Fen by bucket, in the order of `BUCKETS`."""
        first, over, own = self.first_pay_fen, self.over_limit_fen, self.self_funded_fen
        return self.amount_fen - first - over - own, first, over, own

    @model_validator(mode="after")
    def _buckets_fit(self) -> Self:
        if self.in_scope_fen < 0:
            buckets_fen = self.amount_fen - self.in_scope_fen
            raise ValueError(
                f"buckets of {format_yuan(buckets_fen)} yuan in a line of {format_yuan(self.amount_fen)}"
            )
        return self


class Bill(_Frozen):
    """A settlement by the national fields: `total = in_scope + first_pay + over_limit + self_funded`.

    `paid_fen` is what each other payer bore, by name: basic, critical_illness, large_amount, civil_servant,
    enterprise, assistance, hospital, other, commercial, third_party, donation or a plan's own.
    """

    id: str = "bill"
    visit: Visit = "inpatient"
    service_date: date | None = None
    """Day that decides the benefit year (settlement, or admission of a stay); unknown in a hypothetical bill."""
    admission_date: date | None = None
    discharge_date: date | None = None
    place: Literal["local", "out_of_town"] = "local"
    filed: bool = True
    """Whether treatment out of town was registered with the home bureau."""
    settled: bool = True
    """Whether basic insurance has settled it."""
    hospital_grade: int | None = Field(default=None, ge=1, le=3)
    public_hospital: bool | None = None
    ordinary_ward: bool | None = None
    related_to_pre_existing: bool | None = None
    """Whether the illness treated is one of the pre-existing ones, for plans that ask."""
    total_fen: Fen
    first_pay_fen: Fen = 0
    over_limit_fen: Fen = 0
    self_funded_fen: Fen = 0
    in_scope_fen: Fen = -1
    """May be left out: it is the rest of the total."""
    paid_fen: dict[str, Fen] = Field(default_factory=dict)
    lines: tuple[BillLine, ...] = ()
    lists: tuple[str, ...] = ()
    """Lists that hold for the whole bill."""
    tags: tuple[str, ...] = ()
    """Facts a plan's conditions may ask for, such as `rare_disease`."""

    @property
    def bucket_amounts(self) -> tuple[int, int, int, int]:
        """Fen by bucket, in the order of `BUCKETS`."""
        return self.in_scope_fen, self.first_pay_fen, self.over_limit_fen, self.self_funded_fen

    def checked(self) -> Self:
        """This bill, once it is known not to contradict itself. Raises pydantic's ValidationError."""
        if any(line.in_scope_fen < 0 for line in self.lines) or any(self._contradictions()):
            return type(self).model_validate(self.model_dump())
        return self

    @model_validator(mode="before")
    @classmethod
    def _derive_in_scope(cls, data: object) -> object:
        if isinstance(data, dict) and data.get("in_scope_fen") is None:
            parts = [data.get(f"{bucket}_fen", 0) for bucket in BUCKETS[1:]] + [data.get("total_fen", 0)]
            if all(isinstance(part, int) for part in parts):
                return {**data, "in_scope_fen": max(0, parts[3] - sum(parts[:3]))}
        return data

    @model_validator(mode="after")
    def _identities_hold(self) -> Self:
        faults = list(self._contradictions())
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def _contradictions(self) -> Iterator[str]:
        amounts, total_fen, paid_fen = self.bucket_amounts, self.total_fen, sum(self.paid_fen.values())
        if sum(amounts) != total_fen:
            of_buckets = format_yuan(sum(amounts))
            yield f"total {format_yuan(total_fen)} yuan is not the sum of the buckets {of_buckets}"
        if paid_fen > total_fen:
            yield f"other payers paid {format_yuan(paid_fen)} yuan of a bill of {format_yuan(total_fen)}"
        if self.lines:
            itemised_fen = first = over = own = 0
            for line in self.lines:
                itemised_fen += line.amount_fen
                first += line.first_pay_fen
                over += line.over_limit_fen
                own += line.self_funded_fen
            itemised = (itemised_fen - first - over - own, first, over, own)
            for bucket, of_lines, amount in zip(BUCKETS, itemised, amounts, strict=True):
                if of_lines > amount:
                    yield f"lines hold {format_yuan(of_lines)} yuan of {bucket}, the bill {format_yuan(amount)}"
        if self.admission_date and self.discharge_date and self.discharge_date < self.admission_date:
            yield "discharged before admitted"


class LiabilityUsage(_Frozen):
    """What one liability has seen this benefit year: cost counted, deductible borne, paid."""

    base_fen: Fen = 0
    deductible_fen: Fen = 0
    paid_fen: Fen = 0


class Usage(_Frozen):
    """The year's balances. Shared pots and caps are the sums over the liabilities that share them.

    `caps` holds what finer caps have used, by `liability/cap/group` (fen; times for caps on how often).
    """

    liabilities: dict[str, LiabilityUsage] = Field(default_factory=dict)
    caps: dict[str, Fen] = Field(default_factory=dict)


class Case(_Frozen):
    """One evaluation: bills are taken in the order given, each seeing what the ones before used."""

    member: Member = Member()
    bills: tuple[Bill, ...] = Field(min_length=1)
    used: Usage = Usage()
