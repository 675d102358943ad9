"""Fixed phrases of the explanation in Chinese and English, in our own wording."""

from libs.benefits.selection import Excluded
from libs.benefits.terms import Words

BUCKETS = {
    "in_scope": Words(zh="目录内自付", en="in-catalogue self-pay"),
    "first_pay": Words(zh="先行自付", en="first-pay"),
    "over_limit": Words(zh="超限价", en="above the price limit"),
    "self_funded": Words(zh="全自费", en="outside the catalogue"),
}

LAYERS = {
    "basic": Words(zh="基本医保", en="basic insurance"),
    "critical_illness": Words(zh="大病保险", en="critical illness insurance"),
    "large_amount": Words(zh="职工大额补助", en="large-amount subsidy of employees"),
    "civil_servant": Words(zh="公务员补助", en="civil servants' subsidy"),
    "enterprise": Words(zh="企业补充", en="enterprise supplement"),
    "assistance": Words(zh="医疗救助", en="medical assistance"),
    "hospital": Words(zh="医院负担", en="borne by the hospital"),
    "commercial": Words(zh="其他商业保险", en="other commercial insurance"),
    "third_party": Words(zh="第三方赔偿", en="third-party compensation"),
    "donation": Words(zh="慈善捐赠", en="charitable donation"),
    "other": Words(zh="其他支付方", en="other payers"),
}

REASONS = {
    "deductible": Words(zh="起付线", en="deductible"),
    "coinsurance": Words(zh="按比例自担", en="coinsurance"),
    "above_cap": Words(zh="超过限额", en="above a cap"),
    "scaled_out": Words(zh="费用折算掉的部分", en="cost scaled out"),
    "limited_by_others": Words(zh="其他渠道已补偿", en="already compensated elsewhere"),
    "borne_by_other_payers": Words(zh="由其他支付方承担", en="borne by other payers"),
    "plan_exclusion": Words(zh="除外责任", en="excluded by the plan"),
    "liability_exclusion": Words(zh="该责任不赔", en="excluded by the liability"),
    "counted_in_part": Words(zh="只计入一部分", en="counted only in part"),
    "visit_not_covered": Words(zh="就诊类型不在责任内", en="kind of visit not covered"),
    "condition_not_met": Words(zh="不符合责任条件", en="condition of the liability not met"),
    "not_on_list": Words(zh="不在目录清单内", en="not on the plan's list"),
    "category_not_covered": Words(zh="费用类别不在责任内", en="charge category not covered"),
    "bucket_not_covered": Words(zh="该部分费用不在责任内", en="this part of the bill is not covered"),
    "outside_cover_period": Words(zh="不在保障期间内", en="outside the period of cover"),
    "waiting_period": Words(zh="等待期内", en="inside the waiting period"),
    "after_cover_ended": Words(zh="保障期满后的费用", en="cost after cover ended"),
    "hypothetical_settlement": Words(zh="视同参保应由医保支付", en="basic insurance would have paid"),
}


def layer_words(name: str) -> Words:
    """Name of a payer; a plan's own payers are called as the plan calls them."""
    return LAYERS.get(name) or Words(zh=name, en=name)


def reason_words(part: Excluded) -> tuple[str, str]:
    """Why a part of cost is not counted (zh, en), with the plan's own clause when one said so."""
    bucket = BUCKETS[part.portion.bucket]
    own = part.exclusion.words if part.exclusion is not None else None
    reason = own or REASONS[part.reason]
    return f"{bucket.zh}：{reason.zh}", f"{bucket.en}: {reason.en}"
