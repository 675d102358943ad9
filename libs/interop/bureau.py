"""The bureau's data platform as its callers see it: settlements deposited by the centre, looked up in batches.

Amounts are decimal text in yuan and field names are national, as in the settlement JSON. Identity numbers travel in
bodies, never in paths or queries, which end up in logs.
"""

from datetime import date, datetime

import msgspec

from libs.interop.submission import Submission
from libs.money import format_yuan

MAX_QUERIES = 2_000
"""Look-ups in one request: some hundreds are usual, one batch of a consumer."""

MAX_DEPOSITS = 5_000


class Deposit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A settlement as the insurance centre has recorded it. `deceased_on` stands in for the death register."""

    setl_id: str
    certno: str
    fixmedins_code: str
    med_type: str
    begndate: date
    enddate: date
    medfee_sumamt: str
    fund_pay_sumamt: str
    diag_code: str | None = None
    deceased_on: date | None = None


class SettlementQuery(msgspec.Struct, frozen=True):
    """One settlement asked for: the hospital's settlement id and the person's identity number."""

    setl_id: str
    certno: str


class StayRecord(msgspec.Struct, frozen=True):
    """An earlier stay of the person; `related` when its diagnosis category is the settlement's."""

    fixmedins_code: str
    begndate: date
    enddate: date
    related: bool


class SettlementAnswer(msgspec.Struct, frozen=True):
    """What the bureau knows. Without a deposit `found` is false, and only what concerns the person is answered."""

    setl_id: str
    found: bool
    as_of: datetime | None = None
    medfee_sumamt: str | None = None
    fund_pay_sumamt: str | None = None
    chronic_benefit_since: date | None = None
    chronic_diag_code: str | None = None
    cyclic_treatment: bool = False
    deceased_on: date | None = None
    prior_stays: tuple[StayRecord, ...] = ()


class LookupResponse(msgspec.Struct, frozen=True):
    """Answers in the order of the queries."""

    results: tuple[SettlementAnswer, ...]


def to_deposit(submission: Submission, deceased_on: date | None = None) -> Deposit:
    """What the insurance centre records when it settles the submission's bill."""
    main = submission.main_diagnosis
    return Deposit(
        setl_id=submission.submission_id,
        certno=submission.person.id_number,
        fixmedins_code=submission.hospital_id,
        med_type=submission.visit.med_type,
        begndate=submission.visit.admitted_on,
        enddate=submission.visit.discharged_on,
        medfee_sumamt=format_yuan(submission.settlement.total_fen),
        fund_pay_sumamt=format_yuan(submission.settlement.fund_total_fen),
        diag_code=None if main is None else main.code,
        deceased_on=deceased_on,
    )
