"""Other words in which a person may write a case: yuan instead of fen, national field names, Chinese.

Every alias means one thing only. `docs/evaluate.md` lists them, and a test compares the list with these tables.
"""

from collections.abc import Mapping

BILL_YUAN: Mapping[str, str] = {
    "total": "total_fen",
    "in_scope": "in_scope_fen",
    "first_pay": "first_pay_fen",
    "over_limit": "over_limit_fen",
    "self_funded": "self_funded_fen",
    "medfee_sumamt": "total_fen",
    "inscp_scp_amt": "in_scope_fen",
    "preselfpay_amt": "first_pay_fen",
    "overlmt_selfpay": "over_limit_fen",
    "fulamt_ownpay_amt": "self_funded_fen",
    "医疗费总额": "total_fen",
    "总费用": "total_fen",
    "符合政策范围金额": "in_scope_fen",
    "目录内": "in_scope_fen",
    "先行自付": "first_pay_fen",
    "超限价自费": "over_limit_fen",
    "全自费": "self_funded_fen",
    "自费": "self_funded_fen",
}
LINE_YUAN: Mapping[str, str] = {
    "amount": "amount_fen",
    "first_pay": "first_pay_fen",
    "over_limit": "over_limit_fen",
    "self_funded": "self_funded_fen",
    "det_item_fee_sumamt": "amount_fen",
    "preselfpay_amt": "first_pay_fen",
    "overlmt_amt": "over_limit_fen",
    "fulamt_ownpay_amt": "self_funded_fen",
    "金额": "amount_fen",
    "先行自付": "first_pay_fen",
    "超限价自费": "over_limit_fen",
    "全自费": "self_funded_fen",
    "自费": "self_funded_fen",
}
PAYERS: Mapping[str, str] = {
    "hifp_pay": "basic",
    "cvlserv_pay": "civil_servant",
    "hifes_pay": "enterprise",
    "hifmi_pay": "critical_illness",
    "hifob_pay": "large_amount",
    "maf_pay": "assistance",
    "oth_pay": "other",
    "hosp_part_amt": "hospital",
    "基本医保": "basic",
    "统筹基金": "basic",
    "公务员补助": "civil_servant",
    "企业补充": "enterprise",
    "大病保险": "critical_illness",
    "职工大额": "large_amount",
    "医疗救助": "assistance",
    "医院负担": "hospital",
    "商业保险": "commercial",
    "第三方赔偿": "third_party",
    "慈善捐赠": "donation",
}
USAGE_YUAN: Mapping[str, str] = {"base": "base_fen", "deductible": "deductible_fen", "paid": "paid_fen"}
MEMBER_YUAN: Mapping[str, str] = {"critical_illness_threshold": "critical_illness_threshold_fen"}
NAMES: Mapping[str, str] = {"bill": "bills", "person": "member", "insured": "member"}
"""Names at the top of a case."""

VISITS: Mapping[str, str] = {
    "住院": "inpatient",
    "日间手术": "day_surgery",
    "门诊": "outpatient",
    "急诊": "emergency",
    "门诊慢特病": "chronic",
    "门特": "chronic",
    "门慢": "chronic",
    "chronic_outpatient": "chronic",
    "特药": "special_drug",
    "药店": "special_drug",
    "pharmacy": "special_drug",
}
CATEGORIES: Mapping[str, str] = {
    "药品": "drug",
    "药品费": "drug",
    "西药费": "drug",
    "中成药费": "drug",
    "中草药费": "herb",
    "中药饮片费": "herb",
    "材料": "material",
    "卫生材料费": "material",
    "手术材料费": "material",
    "检查费": "exam",
    "化验费": "lab",
    "治疗费": "treatment",
    "手术费": "surgery",
    "床位费": "bed",
    "护理费": "nursing",
    "膳食费": "meal",
    "诊察费": "service",
    "其他费": "other",
    "其他": "other",
    "western_drug": "drug",
    "patent_drug": "drug",
    "herbal_drug": "herb",
    "examination": "exam",
    "laboratory": "lab",
    "consultation": "service",
}
SCHEMES: Mapping[str, str] = {
    "职工": "employee",
    "职工医保": "employee",
    "310": "employee",
    "居民": "resident",
    "居民医保": "resident",
    "城乡居民": "resident",
    "390": "resident",
    "未参保": "none",
}
PLACES: Mapping[str, str] = {"本地": "local", "异地": "out_of_town"}
STATUSES: Mapping[str, str] = {
    "healthy": "",
    "健康": "",
    "非既往症": "",
    "pre_existing": "pre_existing",
    "既往症": "pre_existing",
    "severe": "severe",
    "重大既往症": "severe",
}
"""`status` of the person: a class such as `severe` is pre-existing too."""
