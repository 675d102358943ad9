"""A condition of a plan in words."""

from libs.benefits.conditions import Range, When
from libs.benefits.node import Language
from libs.benefits.plan_words import named_values

_NAMES = {
    "pre_existing": ("既往症", "pre-existing condition"),
    "pre_existing_class": ("既往症类别", "pre-existing class"),
    "related_to_pre_existing": ("所治为既往症", "treated for the pre-existing condition"),
    "scheme": ("参保", "scheme"),
    "group": ("人群", "group"),
    "tier": ("版本", "tier"),
    "continuous_years": ("连续参保年数", "years insured without a break"),
    "claim_free_years": ("此前无赔付年数", "years before without a payment"),
    "age": ("年龄", "age"),
    "visit": ("就诊", "visit"),
    "place": ("就医地", "place"),
    "filed": ("异地备案", "filed"),
    "settled": ("医保已结算", "settled by basic insurance"),
    "hospital_grade": ("医院等级", "hospital grade"),
    "public_hospital": ("公立医院", "public hospital"),
    "ordinary_ward": ("普通病房", "ordinary ward"),
    "tag": ("标签", "tag"),
}


def condition_words(when: object, language: Language) -> str:
    """All that the condition asks, joined by and."""
    assert isinstance(when, When)
    joined = "且" if language == "zh" else " and "
    return joined.join(
        _part(when, name, language) for name in type(when).model_fields if name in when.model_fields_set
    )


def _part(when: When, name: str, language: Language) -> str:
    zh = language == "zh"
    if name == "none_of":
        inner = condition_words(when.none_of, language)
        return f"非（{inner}）" if zh else f"not ({inner})"
    if name == "any_of":
        parts = [condition_words(each, language) for each in when.any_of or ()]
        return f"（{'或'.join(parts)}）" if zh else f"({' or '.join(parts)})"
    wanted, known = getattr(when, name), _NAMES[name][0 if zh else 1]
    if isinstance(wanted, bool):
        return known if wanted else (f"非{known}" if zh else f"not {known}")
    if isinstance(wanted, Range):
        return f"{known} {_range(wanted)}"
    return f"{known} {named_values(wanted, language)}"


def _range(bounds: Range) -> str:
    if bounds.min is not None and bounds.max is not None:
        return f"{bounds.min}–{bounds.max}"
    return f"≥ {bounds.min}" if bounds.min is not None else f"≤ {bounds.max}"
