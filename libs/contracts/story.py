"""One claim as told by all services: the values that samples of events are drafted with. Amounts add up."""

from collections.abc import Mapping
from typing import Any

from libs.contracts.story_of_access import STORY_OF_ACCESS
from libs.contracts.story_of_insurers import STORY_OF_INSURERS
from libs.contracts.story_of_one_stop import STORY_OF_ONE_STOP
from libs.contracts.story_of_operations import STORY_OF_OPERATIONS
from libs.contracts.story_of_payout import STORY_OF_PAYOUT
from libs.contracts.story_of_rulings import STORY_OF_RULINGS

_BILL = 5_801_236
_PATIENT = 1_640_000
_PLAN = 600_000
_PLAN_ID = "demo-generic"


def _part(kind: str, zh: str, en: str, result_fen: int, *children: dict[str, Any]) -> dict[str, Any]:
    node = {"kind": kind, "zh": zh, "en": en, "result_fen": result_fen, "formula": "", "inputs": {}}
    unsaid: dict[str, Any] = {"clause": None, "source": None, "grade": None, "assumption": False, "steps": []}
    return {**node, **unsaid, "children": list(children)}


def _bearing(bearer: str, amount_fen: int, clause: str) -> dict[str, Any]:
    return {"bearer": bearer, "amount_fen": amount_fen, "clause": clause}


_LAYERS_BELOW = [
    _bearing("basic", 3_280_000, "hifp_pay 统筹基金"),
    _bearing("critical_illness", 210_000, "hifmi_pay 居民大病"),
    _bearing("assistance", 50_000, "maf_pay 医疗救助"),
    _bearing("other_fund", 20_000, "oth_pay 其他支出"),
    _bearing("hospital", 1_236, "hosp_part_amt 医院负担"),
]
_BELOW = sum(part["amount_fen"] for part in _LAYERS_BELOW)


def _line(line_no: int, code: str, name: str, category: str, amounts: Mapping[str, int]) -> dict[str, Any]:
    item = {"line_no": line_no, "code": code, "name": name, "category": category, "list_class": "B"}
    return {**item, "quantity_milli": 1_000, "days_supply": None, **amounts}


_TAKEN: Mapping[str, Any] = {
    "liabilities": {"in_catalogue": {"base_fen": 2_000_000, "deductible_fen": 1_250_000, "paid_fen": _PLAN}},
    "caps": {},
}

_PERSON_ID = "p_6f1c0a9be2d34857a1c95e0d7b42f368"

STORY: Mapping[str, Any] = {
    **STORY_OF_ACCESS,
    **STORY_OF_INSURERS,
    **STORY_OF_ONE_STOP,
    **STORY_OF_OPERATIONS,
    **STORY_OF_PAYOUT,
    **STORY_OF_RULINGS,
    "person_id": _PERSON_ID,
    "claim_id": "0198a3f2-6c1e-7b40-9d53-2f8e41c7a650",
    "decision_id": "3c5de8f1-07ab-5e92-b64d-91f0a2c87e35",
    "payment_id": "b2f94a06-5d7e-5c18-8e31-6a0fd4c9527b",
    "PaymentFileClosed.payment_ids": ["b2f94a06-5d7e-5c18-8e31-6a0fd4c9527b"],
    "coverage_id": "01988e10-44d2-7c6f-a8b1-5e93f07d2c14",
    "refusal_id": "0198a3f2-6d02-7e11-8c94-b7d50e63fa28",
    "review_id": "0198a3f2-70c8-7a35-b2ee-4d19c6f80b57",
    "referral_id": "e70b1d52-9c3f-5a86-a4d7-28f6c05b913e",
    "file_id": "0198a3f2-8e44-7d09-9f60-c3b81a7e52d4",
    "invoice_claim_id": "0198a3f2-5b90-7f27-86ad-e04c9d1b7382",
    "hospital_id": "H32050100001",
    "submission_id": "S202603150001",
    "plan_id": _PLAN_ID,
    "programme_id": "heavy-burden",
    "tier": "standard",
    "benefit_year": "2026-01-01",
    "year": 2026,
    "groups": ["poverty"],
    "continuous_years": 3,
    "premium_fen": 9_900,
    "reviewer": "reviewer-07",
    "reason_code": "AC04",
    "ReviewConcluded.reason_code": "documents_complete",
    "RecordsUnavailable.reason": "bureau_timeout",
    "Provenance.source": "city bureau, FHIR search",
    "available": True,
    "CoverageLapsed.reason": "moved_away",
    "pre_existing_reason": "none of the named conditions before the cover began",
    "requested_by": "the person",
    "attempts": 6,
    "main_diagnosis_chapter": "II",
    "filed_by": "people-hospital-1",
    "asked_by": "people-hospital-1",
    "diagnosis_chapter": "II",
    "end_to_end_id": "HJB2F94A065D7E5C188E316A0FD4C9527B",
    "message_id": "HF0198A3F28E447D099F60C3B81A7E52D4",
    "bank_reference": "BANK202603150000421",
    "RefusalReason.code": "lines_differ",
    "location": "/feedetail",
    "sentence": "medfee_sumamt: the lines sum to 5801136, the bill says 5801236 fen",
    "score": 120,
    "threshold": 600,
    "weight": 120,
    "rule_id": "short_after_cover",
    "evidence_zh": "生效后第 12 天入院",
    "evidence_en": "admitted on day 12 of the cover",
    "features": {"days_since_cover": 12, "bill_fen": _BILL},
    "covered_from": "2026-01-01",
    "covered_to": "2026-12-31",
    "enrolled_at": "2025-12-05T02:11:40.250000Z",
    "lapsed_on": "2026-06-30",
    "deceased_on": None,
    "service_date": "2026-03-02",
    "admitted_on": "2026-03-02",
    "discharged_on": "2026-03-15",
    "chronic_benefit_since": "2024-09-01",
    "received_at": "2026-03-15T08:30:12.120000Z",
    "answer_due_at": "2026-03-15T08:30:42.120000Z",
    "fetched_at": "2026-03-15T08:30:12.480000Z",
    "as_of": "2026-03-15T08:00:00Z",
    "given_up_at": "2026-03-15T08:30:40.120000Z",
    "scored_at": "2026-03-15T08:30:12.640000Z",
    "opened_at": "2026-03-15T08:30:12.640000Z",
    "concluded_at": "2026-03-15T09:02:10Z",
    "pended_at": "2026-03-15T08:30:42.130000Z",
    "due_at": "2026-03-18T08:30:42.130000Z",
    "passed_at": "2026-03-18T08:30:42.200000Z",
    "decided_at": "2026-03-15T08:30:12.700000Z",
    "instructed_at": "2026-03-15T08:30:12.810000Z",
    "closed_at": "2026-03-15T08:30:13.020000Z",
    "booked_at": "2026-03-15T08:30:14Z",
    "settled_at": "2026-03-15T08:30:14.350000Z",
    "rejected_at": "2026-03-15T08:30:14.350000Z",
    "returned_at": "2026-03-16T01:12:09.500000Z",
    "referred_at": "2026-03-15T08:30:12.900000Z",
    "erased_at": "2027-01-10T03:00:00Z",
    "Settlement": {
        "total_fen": _BILL,
        "self_funded_fen": 812_000,
        "over_limit_fen": 15_036,
        "first_pay_fen": 574_200,
        "in_scope_fen": 4_400_000,
        "deductible_paid_fen": 80_000,
        "pool_fen": 3_280_000,
        "civil_servant_fen": 0,
        "enterprise_fen": 0,
        "resident_critical_illness_fen": 210_000,
        "employee_large_amount_fen": 0,
        "assistance_fen": 50_000,
        "other_fund_fen": 20_000,
        "fund_total_fen": 3_560_000,
        "hospital_borne_fen": 1_236,
        "personal_total_fen": 2_240_000,
        "personal_account_fen": 0,
        "family_account_fen": 240_000,
        "personal_cash_fen": 2_000_000,
    },
    "Visit": {
        "hospital_id": "H32050100001",
        "hospital_grade": 3,
        "med_type": "21",
        "kind": "inpatient",
        "admitted_on": "2026-03-02",
        "discharged_on": "2026-03-15",
        "scheme": "resident",
        "insured_region": "320500",
        "hospital_region": "320500",
        "place": "local",
        "settled": True,
        "age_years": 58,
        "sex": "female",
    },
    "lines": [
        _line(
            1,
            "XL01EFP001",
            "帕博利珠单抗注射液",
            "western_drug",
            {
                "amount_fen": 3_801_236,
                "self_funded_fen": 412_000,
                "over_limit_fen": 15_036,
                "first_pay_fen": 174_200,
                "in_scope_fen": 3_200_000,
            },
        ),
        _line(
            2,
            "003303000010000",
            "肺叶切除术",
            "surgery",
            {
                "amount_fen": 2_000_000,
                "self_funded_fen": 400_000,
                "over_limit_fen": 0,
                "first_pay_fen": 400_000,
                "in_scope_fen": 1_200_000,
            },
        ),
    ],
    "bureau_total_fen": _BILL,
    "bureau_fund_fen": 3_560_000,
    "settlement_matches": True,
    "bill_fen": _BILL,
    "itemised_fen": _BILL,
    "idle_fen": 0,
    "bed_quantity_milli": 13_000,
    "longest_supply_days": 28,
    "drug_fen": 3_801_236,
    "self_funded_drug_fen": 412_000,
    "female_only_items": 0,
    "male_only_items": 0,
    "bearings": [
        *_LAYERS_BELOW,
        _bearing("plan", _PLAN, "1 目录内自付"),
        _bearing("patient", _PATIENT, "in_catalogue: deductible"),
    ],
    "ClaimDenied.bearings": [
        *_LAYERS_BELOW,
        _bearing("patient", _PATIENT + _PLAN, "denied: no_coverage"),
    ],
    "liabilities": [
        {
            "liability_id": "in_catalogue",
            "base_fen": 2_000_000,
            "deductible_fen": 1_250_000,
            "paid_fen": _PLAN,
        }
    ],
    "usage_taken": _TAKEN,
    "usage_released": _TAKEN,
    "usage_after": _TAKEN,
    "explanation": _part(
        "case",
        "示例计划",
        "a city's plan",
        _BILL,
        _part(
            "bill",
            "账单",
            "bill",
            _BILL,
            _part("layers", "计划之前的支付", "paid before the plan", _BELOW),
            _part("plan", "本计划赔付", "the plan pays", _PLAN),
            _part("patient", "个人承担", "the patient bears", _PATIENT),
        ),
    ),
    "number": 1,
    "supersedes": None,
    "revision": 1,
    "ClaimCorrected.revision": 2,
    "pool_shares": [
        {"insurer": "示例财险", "share_bp": 6_000, "amount_fen": 360_000},
        {"insurer": "示例人寿", "share_bp": 4_000, "amount_fen": 240_000},
    ],
    "replaced_by": "a86d0f35-2b9e-5174-8c03-e97f41b6d25a",
    "caused_by_claim_id": "0198a3f2-5b90-7f27-86ad-e04c9d1b7382",
    "AdjudicationReversed.reason": "balances_changed",
    "ClaimWithdrawn.reason": "settlement_cancelled",
    "ClaimWithdrawalNoted.reason": "settlement_cancelled",
    "ClaimWithdrawn.received_at": "2026-03-16T02:41:05.300000Z",
    "withdrawn_at": "2026-03-16T02:41:05.300000Z",
    "reversed_at": "2026-03-16T02:41:05.620000Z",
    "confirmed_at": "2026-03-15T08:31:20.050000Z",
    "with_records": True,
    "since": "2026-03-15T08:30:42.130000Z",
    "preauthorisation_id": "3c1f8a52-7d0e-5b96-8f24-d1a90c6e7b35",
    "PreauthorisationRequested.reference": "PA-2026-0315",
    "requested_at": "2026-03-10T01:12:00Z",
    "PreauthorisationRequested.expires_at": "2026-04-30T16:00:00Z",
    "ReservationExpired.expires_at": "2026-04-30T16:00:00Z",
    "expired_at": "2026-04-30T16:00:00.400000Z",
    "PreauthorisationGranted.answered_at": "2026-03-10T01:12:00.040000Z",
    "PreauthorisationRefused.answered_at": "2026-03-10T01:12:00.040000Z",
    "PreauthorisationPended.answered_at": "2026-03-10T01:12:00.040000Z",
    "released_at": "2026-03-11T06:20:00Z",
    "converted_at": "2026-03-15T08:30:13.010000Z",
    "without_limits_fen": _PLAN,
    "usage_reserved": _TAKEN,
    "plan_pays_fen": _PLAN,
    "cash_benefits_fen": 0,
    "patient_bears_fen": _PATIENT,
    "amount_fen": _PLAN,
    "total_fen": _PLAN,
    "claim_burden_fen": _PATIENT,
    "burden_fen": _PATIENT,
    "remaining_burden_fen": _PATIENT,
    "threshold_fen": 1_000_000,
    "aid_suggested_before_fen": 0,
    "suggested_aid_fen": 320_000,
    "suggested_aid_before_fen": 320_000,
    "ReferralRevised.suggested_aid_fen": 120_000,
    "ReferralWithdrawn.reason": "claim_withdrawn",
}
"""Values by `Model`, `Model.field` or `field`, the most particular one first."""
