"""Words with which plans are shown to people, in Chinese and English."""

from collections.abc import Iterable, Mapping

from libs.benefits.node import Language
from libs.benefits.terms import Words

LABELS: Mapping[str, tuple[str, str]] = {
    "period": ("保障期间", "period of cover"),
    "period_unknown": ("未公布", "not published"),
    "benefit_year": ("年度起算", "benefit year starts"),
    "waiting": ("等待期（天）", "waiting period (days)"),
    "grace": ("续保宽限至", "renewal counts as continuous until"),
    "crossing": ("跨期住院", "a stay open at the end"),
    "crossing_discharge": ("延续至出院", "is covered to discharge"),
    "crossing_year_end": ("至期满为止", "is covered to the end of the period"),
    "at_most_days": ("最多天数", "days at most"),
    "payers_before": ("先于本计划", "pay before the plan"),
    "payers_beside": ("与本计划合计不超过费用", "together with the plan never above the cost"),
    "payers_after": ("后于本计划", "pay after the plan"),
    "rounding": ("金额取整", "payments are rounded to"),
    "premium": ("保费", "premium"),
    "paid_by": ("由其支付", "paid by"),
    "unknown": ("未公布", "not published"),
    "insurer": ("承保", "insurer"),
    "lead": ("首席", "lead"),
    "status": ("既往症认定", "pre-existing condition"),
    "immune": ("健康参保后连续参保者不受影响", "people who joined healthy and never broke off are immune"),
    "hypothetical": ("视同参保先行结算", "settled first as if insured"),
    "liability": ("责任", "liability"),
    "takes": ("计入", "takes"),
    "visits": ("就诊", "visits"),
    "categories": ("费用类别", "charges"),
    "on_lists": ("清单内", "on list"),
    "not_on_lists": ("不含清单", "not on list"),
    "residue": ("承接余额", "takes over from"),
    "excluded": ("不赔", "not paid"),
    "scale": ("费用折算", "cost scaled"),
    "cost": ("费用", "cost"),
    "deductible": ("起付线", "deductible"),
    "shared": ("共用", "shared"),
    "floating": ("随大病保险起付标准", "the critical-illness threshold"),
    "ratio": ("比例", "ratio"),
    "gross": ("按费用总额分段，含起付线", "bands on the gross cost, deductible included"),
    "excess": ("按超出起付线部分分段", "bands on the excess over the deductible"),
    "up_to": ("至", "up to"),
    "above": ("以上", "above"),
    "cap": ("限额", "cap"),
    "per_year": ("每年", "per year"),
    "per_stay": ("每次住院", "per stay"),
    "each_product": ("每种产品", "each product"),
    "each_line": ("每项费用", "each charge"),
    "limits_cost": ("限制计入费用", "limits the cost counted"),
    "precedence": ("选择次序", "precedence"),
    "plan_cap": ("全计划", "of the plan"),
    "cash": ("现金给付", "cash benefit"),
    "per_day": ("每天", "per day"),
    "first_at_least": ("首次至少", "the first at least"),
    "at_most": ("每年至多", "at most a year"),
    "one_stop": (
        "一站式：取医保中心金额，差额容许",
        "one-stop: the centre's amounts are taken, tolerated difference",
    ),
    "lists": ("清单", "lists"),
    "by_tag": ("品名未公布，以清单标签认定", "products not published, known by the list's tag"),
    "more": ("另有", "and more"),
    "assumed": ("假定，未公布", "assumed, not published"),
    "assumptions": ("假定（未公布的数字）", "assumptions (figures not published)"),
    "sources": ("来源", "sources"),
    "notes": ("说明", "notes"),
    "asks": ("案件中可用的标签", "tags a case may carry"),
    "classes": ("既往症类别", "classes of pre-existing conditions"),
    "examples": ("算例", "worked examples"),
    "derived": ("按条款推算", "derived from the terms"),
    "published": ("公布", "published"),
}

VALUES: Mapping[str, tuple[str, str]] = {
    "in_scope": ("目录内自付", "in-catalogue self-pay"),
    "first_pay": ("先行自付", "first-pay"),
    "over_limit": ("超限价", "above the price limit"),
    "self_funded": ("全自费", "outside the catalogue"),
    "inpatient": ("住院", "inpatient"),
    "day_surgery": ("日间手术", "day surgery"),
    "outpatient": ("门诊", "outpatient"),
    "emergency": ("急诊", "emergency"),
    "chronic": ("门诊慢特病", "chronic outpatient"),
    "special_drug": ("特药购药", "special-drug purchase"),
    "drug": ("药品", "drugs"),
    "herb": ("中药饮片", "herbs"),
    "material": ("材料", "materials"),
    "exam": ("检查", "examinations"),
    "lab": ("化验", "laboratory"),
    "treatment": ("治疗", "treatment"),
    "surgery": ("手术", "surgery"),
    "bed": ("床位", "bed"),
    "nursing": ("护理", "nursing"),
    "meal": ("膳食", "meals"),
    "service": ("诊察服务", "services"),
    "other": ("其他", "other"),
    "deductible": ("起付线", "deductible"),
    "coinsurance": ("比例自担", "coinsurance"),
    "above_cap": ("超限额", "above caps"),
    "scaled_out": ("折算掉的费用", "cost scaled out"),
    "employee": ("职工医保", "employee insurance"),
    "resident": ("居民医保", "resident insurance"),
    "none": ("未参保", "not insured"),
    "other_city": ("外地参保", "insured elsewhere"),
    "local": ("本地", "local"),
    "out_of_town": ("异地", "out of town"),
}


def label(key: str, language: Language) -> str:
    """A fixed word."""
    zh, en = LABELS[key]
    return zh if language == "zh" else en


def in_language(words: Words, language: Language) -> str:
    """A text of the plan."""
    return words.zh if language == "zh" else words.en


def named_values(values: Iterable[str], language: Language) -> str:
    """Codes of the language with their names; a plan's own names stay as they are."""
    known = (VALUES.get(value, (value, value)) for value in values)
    separator = "、" if language == "zh" else ", "
    return separator.join(zh if language == "zh" else en for zh, en in known)


def percent(rate_bp: int) -> str:
    """`6500` as `65%`, `1250` as `12.5%`."""
    whole, rest = divmod(rate_bp, 100)
    return f"{whole}.{rest:02d}".rstrip("0").rstrip(".") + "%"


def money(amount_fen: int) -> str:
    """Fen as yuan with grouping: `1,000,000`, `0.01`."""
    yuan, fen = divmod(amount_fen, 100)
    return f"{yuan:,}.{fen:02d}" if fen else f"{yuan:,}"
