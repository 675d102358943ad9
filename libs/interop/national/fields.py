"""The national settlement's fields and codes (interfaces 2207 and 2304), and which of our fields each one is."""

import re
from typing import Literal

from libs.contracts.settlement import PREAUTHORISATION_ID, ChargeCategory, Scheme
from libs.interop.visit_kinds import VisitKind

SETTLEMENT_AMOUNTS: dict[str, str] = {
    "medfee_sumamt": "total_fen",
    "fulamt_ownpay_amt": "self_funded_fen",
    "overlmt_selfpay": "over_limit_fen",
    "preselfpay_amt": "first_pay_fen",
    "inscp_scp_amt": "in_scope_fen",
    "act_pay_dedc": "deductible_paid_fen",
    "hifp_pay": "pool_fen",
    "cvlserv_pay": "civil_servant_fen",
    "hifes_pay": "enterprise_fen",
    "hifmi_pay": "resident_critical_illness_fen",
    "hifob_pay": "employee_large_amount_fen",
    "maf_pay": "assistance_fen",
    "oth_pay": "other_fund_fen",
    "fund_pay_sumamt": "fund_total_fen",
    "hosp_part_amt": "hospital_borne_fen",
    "psn_part_amt": "personal_total_fen",
    "acct_pay": "personal_account_fen",
    "acct_mulaid_pay": "family_account_fen",
    "psn_cash_pay": "personal_cash_fen",
}
REQUIRED_AMOUNTS = frozenset(
    {
        "medfee_sumamt",
        "fulamt_ownpay_amt",
        "inscp_scp_amt",
        "fund_pay_sumamt",
        "psn_part_amt",
        "psn_cash_pay",
    }
)
LINE_AMOUNTS: dict[str, str] = {
    "det_item_fee_sumamt": "amount_fen",
    "fulamt_ownpay_amt": "self_funded_fen",
    "overlmt_amt": "over_limit_fen",
    "preselfpay_amt": "first_pay_fen",
    "inscp_scp_amt": "in_scope_fen",
}
REQUIRED_LINE_AMOUNTS = frozenset({"det_item_fee_sumamt", "fulamt_ownpay_amt", "inscp_scp_amt"})

# insutype: 340 is the retirement-with-full-care system (离休), outside the two basic schemes.
SCHEMES: dict[str, Scheme] = {"310": "employee", "390": "resident", "340": "none"}
INSUTYPES: dict[Scheme, str | None] = {"employee": "310", "resident": "390", "none": None}

SEXES: dict[str, Literal["male", "female", "unknown"]] = {
    "1": "male",
    "2": "female",
    "9": "unknown",
    "0": "unknown",
}

# hosp_lv: 01 to 04 third grade (special, A, B, C), 05 to 07 second, 08 to 10 first, 11 not graded.
HOSPITAL_GRADES: dict[str, Literal[0, 1, 2, 3]] = {
    "01": 3,
    "02": 3,
    "03": 3,
    "04": 3,
    "05": 2,
    "06": 2,
    "07": 2,
    "08": 1,
    "09": 1,
    "10": 1,
    "11": 0,
}
GRADE_CODES = {3: "02", 2: "05", 1: "08", 0: "11"}

# The fourteen charge items of the settlement list (interface 4101), in its order.
CHARGE_CATEGORIES: dict[str, ChargeCategory] = {
    "01": "bed",
    "02": "consultation",
    "03": "examination",
    "04": "laboratory",
    "05": "treatment",
    "06": "surgery",
    "07": "nursing",
    "08": "material",
    "09": "western_drug",
    "10": "herbal_drug",
    "11": "patent_drug",
    "12": "general_consultation",
    "13": "registration",
    "14": "other",
}
CHARGE_CODES = {category: code for code, category in CHARGE_CATEGORIES.items()}

LIST_CLASSES: dict[str, Literal["A", "B", "C"]] = {"01": "A", "02": "B", "03": "C"}
LIST_CODES = {list_class: code for code, list_class in LIST_CLASSES.items()}

KINDS: dict[str, VisitKind] = {
    "inpatient": "inpatient",
    "outpatient": "outpatient",
    "chronic_outpatient": "chronic_outpatient",
    "special_drug": "special_drug",
    "pharmacy": "pharmacy",
}
FLAGS: dict[str, bool] = {"1": True, "0": False}

HOSPITAL_ID = re.compile(r"[A-Za-z0-9_-]{1,40}\Z", re.ASCII)
SUBMISSION_ID = re.compile(r"[!-~]{1,64}\Z", re.ASCII)
REGION = re.compile(r"[0-9]{6}\Z", re.ASCII)
PREAUTHORISATION = re.compile(PREAUTHORISATION_ID, re.ASCII)
MED_TYPE = re.compile(r"[0-9]{2,8}\Z", re.ASCII)
PHONE = re.compile(r"[0-9+ -]{5,20}\Z", re.ASCII)
