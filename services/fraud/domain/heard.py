"""What fraud looks at in a settlement as it was filed: the visit, the sum and what of each line tells."""

from datetime import date

from msgspec.structs import asdict

from libs.contracts.intake import ClaimCorrected, ClaimRegistered, FiledSettlement
from libs.contracts.settlement import Visit
from libs.contracts.views import View, Views


class HeardVisit(View, frozen=True):
    """The whole visit: it is kept with the facts."""

    hospital_id: str
    med_type: str
    kind: str
    admitted_on: date
    discharged_on: date
    scheme: str
    insured_region: str
    hospital_region: str
    place: str
    age_years: int
    sex: str
    hospital_grade: int = 0
    settled: bool = True
    preauthorisation_id: str | None = None


class HeardBill(View, frozen=True):
    """The sum of the bill."""

    total_fen: int


class HeardLine(View, frozen=True):
    """What a charged item is, and how much of it."""

    name: str
    category: str
    quantity_milli: int
    amount_fen: int
    self_funded_fen: int
    days_supply: int | None = None


class HeardFiled(View, frozen=True):
    """A claim in its first revision."""

    person_id: str
    claim_id: str
    visit: HeardVisit
    settlement: HeardBill
    lines: tuple[HeardLine, ...] = ()
    invoice_digest: str | None = None
    main_diagnosis_chapter: str | None = None


class HeardCorrected(HeardFiled, frozen=True, kw_only=True):
    """A later revision."""

    revision: int


Filed = FiledSettlement | HeardFiled
Corrected = ClaimCorrected | HeardCorrected

VIEWS = Views({ClaimRegistered: HeardFiled, ClaimCorrected: HeardCorrected})


def visit_of(filed: Filed) -> Visit:
    """The visit as the facts keep it."""
    visit = filed.visit
    return visit if isinstance(visit, Visit) else Visit(**asdict(visit))
