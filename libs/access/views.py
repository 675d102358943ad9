"""The views of which a policy speaks, with their fields; a test holds them against the read models' own."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_FIELDS: Final = {
    "patient_claim": """claim_id person_id hospital_id received_at status pend_reasons bill_fen number plan_pays_fen
        cash_fen patient_fen decided_at settled_fen settled_at netted_fen claimed_back_fen owing_fen trued_up
        redecided_because programmes desk_fen""",
    "patient_owed": "person_id claim_id hospital_id plan_id status owed_fen since why",
    "patient_owing": """person_id clawback_id claim_id plan_id reason raised_fen netted_fen repaid_fen written_off_fen
        open_fen raised_at""",
    "hospital_claim": """hospital_id claim_id visit_kind received_at status pend_reasons revision bill_fen number
        plan_pays_fen decided_at settled_at withdrawn_at desk_fen""",
    "hospital_summary": """hospital_id claims waiting adjudicated denied withdrawn paid bill_fen plan_pays_fen
        median_seconds_to_decision""",
    "insurer_share": """insurer plan_id benefit_year claim_id decision_id number service_date share_fen decided_at
        reversed_at reversal_reason replaced_by bears_fen""",
    "insurer_bearing": "plan_id insurer claims decisions awarded_fen reversed_fen bears_fen",
    "insurer_plan": """plan_id claims adjudicated denied withdrawn redecided paid bill_fen plan_pays_fen settled_fen
        claimed_back_fen owing_fen desk_fen""",
    "charity_referral": "claim_id person_id plan_id bill_fen patient_fen programmes referred_at",
    "regulator_bearing": "plan_id bearer claims amount_fen",
    "regulator_decision": "plan_id day decided automatic automatic_bp denied median_seconds p99_seconds",
    "claim_status": """claim_id person_id hospital_id channel visit_kind received_at bill_fen revision withdrawn_at
        withdrawal_reason records score score_reasons pending pend_reasons pended_at decision_id number plan_id
        benefit_year decision denial_reason decided_at plan_pays_fen cash_fen patient_fen bearings pool_shares
        without_records trued_up instructed_at settled_fen settled_at held_reason rejection_reason returned_at
        return_reason claimed_back_fen owing_fen netted_fen programmes referred_at status discharge_to_cash desk_fen
        decisions payments clawbacks steps""",
    "summary": """claims decided paid paid_fen owing_fen plan_pays_fen median_seconds p99_seconds first_received_at
        last_settled_at by_status by_plan counted_at""",
    "operator_open_claim": "claim_id status pend_reasons received_at records score",
    "operator_todo": "kind owner what claim_id person_id since due_at amount_fen",
    "operator_waiting": "status reasons claims oldest_received_at oldest_claim_id",
    "operator_pended_decided": "claim_id person_id status pend_reasons pended_at number plan_pays_fen decided_at",
    "operator_without_records": "claim_id person_id plan_id decision_id number plan_pays_fen decided_at",
    "operator_clawback": "clawback_id claim_id person_id plan_id reason raised_fen open_fen raised_at",
    "operator_one_stop": """difference_id claim_id person_id decision_id plan_id hospital_id mode reference taken
        centre_fen own_fen difference_fen tolerance_fen causes compared found_at standing answer_reason answered_by
        answered_at""",
    "operator_one_stop_total": """plan_id mode standing differences oldest_found_at centre_fen own_fen centre_more_fen
        centre_less_fen""",
    "one_stop_difference": """difference_id claim_id person_id decision_id plan_id hospital_id mode reference taken
        centre_fen own_fen tolerance_fen compared causes found_at outcome answer_reason answered_by answered_at
        ended_at end_reason""",
    "centre_clearing": "plan_id month claims desk_fen",
    "access_reading": "read_at reader party shown_by view claim_id person_id fields edition rules consents",
}

VIEWS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {view: tuple(fields.split()) for view, fields in _FIELDS.items()}
)
"""Fields by view. `claim_status` has beside its columns the parts that `GET /claims/{claim_id}` adds."""
