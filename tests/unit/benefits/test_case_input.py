"""Cases as people write them: yuan or fen, national names, Chinese; and what is refused, with field and remedy."""

import json
import re
from pathlib import Path

import pytest
import yaml

from libs.benefits import Case, CaseRefused, check_case, evaluate, plan_of, read_case
from libs.benefits import case_words as words

_GUIDE = (Path(__file__).parents[3] / "docs" / "evaluate.md").read_text(encoding="utf-8")
_W2 = {"in_catalogue": 133_300_00, "out_of_catalogue_drugs": 28_200_00, "special_drugs": 203_200_00}


def faults(text: str) -> dict[str, str]:
    with pytest.raises(CaseRefused) as refusal:
        read_case(text)
    return {fault.field: fault.right for fault in refusal.value.faults}


@pytest.mark.parametrize("language", ["json", "yaml"])
def test_both_cases_of_the_guide_give_the_published_figures(language: str) -> None:
    block = re.search(rf"```{language}\n(.*?)```", _GUIDE, re.DOTALL)
    assert block is not None
    assert evaluate(plan_of("weifang-2022"), read_case(block.group(1))).paid_by_liability == _W2


def test_yuan_and_fen_and_national_names_say_the_same() -> None:
    in_fen = read_case(
        '{"bills": [{"total_fen": 2983232, "self_funded_fen": 100001, "paid_fen": {"basic": 2684927}}]}'
    )
    in_yuan = read_case(
        '{"bill": {"total": 29832.32, "self_funded": "1000.01", "paid": {"basic": "26849.27"}}}'
    )
    national = read_case(
        "bill: {medfee_sumamt: 29832.32, fulamt_ownpay_amt: 1000.01, preselfpay_amt: 0.00, hifp_pay: 26849.27}"
    )
    assert in_fen == in_yuan == national


def test_a_total_that_is_left_out_is_the_sum_of_what_is_stated() -> None:
    left = read_case("bill: {in_scope: 11.8万元, self_funded: 23000元}").bills[0]
    assert left == read_case("bill: {in_scope: 11.8万, self_funded: 2.3万}").bills[0]
    assert (left.total_fen, left.in_scope_fen) == (141_000_00, 118_000_00)
    lines = read_case("bill: {lines: [{amount: 5, self_funded: 2}, {amount: 1, first_pay: 1}]}").bills[0]
    assert (lines.total_fen, lines.in_scope_fen) == (6_00, 3_00)
    assert (lines.self_funded_fen, lines.first_pay_fen) == (2_00, 1_00)


def test_buckets_that_are_stated_are_not_replaced_by_the_lines() -> None:
    bill = read_case("bill: {total: 10, self_funded: 3, lines: [{amount: 2, self_funded: 2}]}").bills[0]
    assert (bill.total_fen, bill.self_funded_fen, bill.in_scope_fen) == (10_00, 3_00, 7_00)


def test_bills_without_an_id_are_numbered() -> None:
    assert [bill.id for bill in read_case("bills: [{total: 1}, {id: x, total: 1}, {total: 1}]").bills] == [
        "bill-1",
        "x",
        "bill-3",
    ]


@pytest.mark.parametrize(
    ("status", "pre_existing", "classes"),
    [("healthy", False, ()), ("既往症", True, ()), ("severe", True, ("severe",))],
)
def test_a_status_is_a_word_for_pre_existing_and_its_class(
    status: str, pre_existing: bool, classes: tuple[str, ...]
) -> None:
    member = read_case(f"{{member: {{status: {status}}}, bill: {{total: 1}}}}").member
    assert (member.pre_existing, member.pre_existing_classes) == (pre_existing, classes)


def test_a_class_is_pre_existing_and_single_names_need_no_list() -> None:
    case = read_case("{member: {pre_existing_classes: severe, groups: poverty}, bill: {total: 1, tags: a}}")
    assert case.member.pre_existing
    assert (case.member.groups, case.bills[0].tags) == (("poverty",), ("a",))


def test_what_the_models_write_is_read_back_unchanged() -> None:
    for example in plan_of("anyang-2022").examples:
        assert read_case(example.case.model_dump_json()) == example.case


@pytest.mark.parametrize(
    ("text", "field", "right"),
    [
        ('{"bills": [{"total_fen": 12.5}]}', "bills.0.total_fen", "fen; the field without _fen takes yuan"),
        ('{"bills": [{"totl_fen": 1}]}', "bills.0.totl_fen", "'total_fen'"),
        ('{"bills": [{"total": 1.234}]}', "bills.0.total", "no finer than one fen"),
        ('{"bills": [{"total": 1, "总费用": 1}]}', "bills.0.总费用", "once"),
        ('{"bills": [{"total": 1, "visit": "hospital"}]}', "bills.0.visit", "'inpatient'"),
        ('{"bills": [{"total": 1, "paid": {"basic": 2}}]}', "bills.0", "agree"),
        (
            '{"bills": [{"total": 1, "lines": [{"amount": 1, "kind": 2}]}]}',
            "bills.0.lines.0.kind",
            "category",
        ),
        ('{"bills": [{"total": 1}], "member": {"statsu": 1}}', "member.statsu", "'status'"),
        ('{"bills": [{"total": 1}], "member": {"status": "ill"}}', "member.status", "one of healthy"),
        (
            '{"bills": [{"total": 1}], "member": {"status": "healthy", "pre_existing": true}}',
            "member.status",
            "one of the two",
        ),
        ('{"bills": [{"total": 1}], "bill": {"total": 1}}', "bill", "one of the two"),
        ('{"bills": [{"total": 1, "total": 2}]}', "bills.0.total", "once"),
        ("bills: [{total: 1, total: 2}]", "bills.0.total", "once"),
        ('{"bills": [', "column 12", "well-formed JSON"),
        ("bills: [", "(case)", "well-formed JSON or YAML"),
        ("[]", "(case)", "an object with member and bills"),
        ("bills: [\ttotal]", "bills.0", "Bill"),
        ('{"member": {}}', "bills", "a value for 'bills'"),
    ],
)
def test_a_case_that_is_none_is_refused_by_field_with_the_remedy(text: str, field: str, right: str) -> None:
    found = faults(text)
    assert right in found[field]


def test_a_refusal_repeats_amounts_and_codes_but_no_words_of_the_person() -> None:
    with pytest.raises(CaseRefused) as refusal:
        read_case('{"bills": [{"total_fen": "张三", "visit": "Zhang San", "self_funded": "1.234"}]}')
    said = str(refusal.value)
    assert "张三" not in said
    assert "Zhang" not in said
    assert "1.234" in said


@pytest.mark.parametrize(
    ("bill", "in_scope_yuan", "basic_yuan"),
    [
        # As newspapers write: of 200 000, 120 000 by basic insurance, 50 000 co-pay, 30 000 outside the catalogue.
        ("{总费用: 20万, 医保报销: 12万, 目录内自付: 5万, 自费: 3万}", 170_000, 120_000),
        ("{总费用: 20万, 自付: 5万, 自费: 3万}", 170_000, 120_000),
        ("{总费用: 20万, 自付: 5万, 明细: [{类别: 药品, 金额: 3万, 自费: 3万}]}", 170_000, 120_000),
        ("{自付: 5万, 自费: 3万}", 50_000, 0),
        ("{自付一: 4万, 自付二: 1万, 自费: 3万, 医保报销: 11万, 大病报销: 1万}", 160_000, 110_000),
        ("{自付: 5万, 商业保险: 1万}", 50_000, 0),
    ],
)
def test_self_pay_is_what_the_layers_before_left_of_the_in_scope_cost(
    bill: str, in_scope_yuan: int, basic_yuan: int
) -> None:
    read = read_case(f"bill: {bill}").bills[0]
    assert (read.in_scope_fen, read.paid_fen.get("basic", 0)) == (in_scope_yuan * 100, basic_yuan * 100)


def test_self_pay_and_in_scope_cost_are_one_amount_and_must_fit_the_total() -> None:
    assert faults("bill: {自付: 5, in_scope: 5, 自费: 1}") == {"bills.0.自付": "one of the two"}
    assert [*faults("bill: {总费用: 20, 医保报销: 12, 自付: 4, 自费: 3}")] == ["bills.0"]


def test_a_case_is_written_in_chinese_throughout() -> None:
    plan = plan_of("zhenjiang-2022")
    text = """
参保人: {险种: 居民医保, 状态: 非既往症, 版本: %s, 连续参保年数: 1}
账单:
  - {就诊类型: 住院, 就医地: 本市, 总费用: 20万, 支付: {基本医保: 12万}, 自付: 5万,
     明细: [{类别: 西药, 金额: 3万, 自费: 3万}]}
  - {就诊类型: 院外特药, 自费: 6万}
"""
    tier = next(name for name, tier in plan.tier_names.items() if tier == "upgraded")
    found = evaluate(plan, read_case(text % tier, plan))
    # (50 000 - 15 000) * 80 %, (30 000 - 15 000) * 80 %, (60 000 - 10 000) * 70 %.
    assert [fen // 100 for fen in found.paid_by_liability.values()] == [28_000, 12_000, 35_000]


def test_a_tier_or_used_liability_the_plan_does_not_have_is_refused() -> None:
    case = read_case("{member: {tier: gold}, bill: {total: 1}, used: {liabilities: {nothing: {base: 1}}}}")
    with pytest.raises(CaseRefused) as refusal:
        check_case(plan_of("zibo-2022"), case)
    assert [(fault.field, "poverty" in fault.right) for fault in refusal.value.faults] == [
        ("member.tier", True),
        ("used.liabilities.nothing", False),
    ]


def test_what_a_plan_does_not_ask_for_is_said() -> None:
    case = read_case("{member: {status: 既往症}, bill: {total: 2, lists: drugs, tags: x, paid: {uncle: 1}}}")
    assert [note.code for note in check_case(plan_of("jieyang-2023"), case)] == [
        "unknown_list",
        "unknown_tag",
        "unknown_payer",
        "pre_existing_without_class",
    ]
    plain = Case.model_validate({"member": {"pre_existing": True}, "bills": [{"total_fen": 1}]})
    assert check_case(plan_of("anyang-2022"), plain) == ()


def test_the_guide_lists_every_alias() -> None:
    tables = (
        words.BILL_YUAN,
        words.LINE_YUAN,
        words.PAYERS,
        words.USAGE_YUAN,
        words.MEMBER_YUAN,
        words.NAMES,
        words.MEMBER_NAMES,
        words.BILL_NAMES,
        words.LINE_NAMES,
        words.VISITS,
        words.CATEGORIES,
        words.SCHEMES,
        words.PLACES,
    )
    aliases = _GUIDE.split("## Aliases")[1]
    missing = [f"`{k}` {v}" for table in tables for k, v in table.items() if f"`{k}` {v}" not in aliases]
    assert missing == []
    assert [word for word in (*words.STATUSES, *words.SELF_PAY) if f"`{word}`" not in aliases] == []


def test_the_guides_result_fields_are_all_there() -> None:
    result = evaluate(plan_of("weifang-2022"), read_case("bill: {total: 1}")).as_json()
    named = _GUIDE.split("## The result")[1].split("## Aliases")[0]
    assert [field for field in result if f"`{field}`" not in named] == []
    assert json.dumps(result)
    assert yaml.safe_dump(result)


def test_cash_that_an_event_would_bring_is_pointed_out_where_the_case_does_not_say_it() -> None:
    plan = plan_of("zhenjiang-2022")

    def codes(tier: str, tags: str) -> list[str]:
        case = read_case(f"{{member: {{tier: {tier}}}, bill: {{total: 1, tags: [{tags}]}}}}", plan)
        return [note.code for note in check_case(plan, case)]

    assert codes("upgraded", "") == ["cash_benefit_unsaid"]
    assert codes("upgraded", "first_cancer_diagnosis") == []
    assert codes(plan.default_tier, "") == []


def test_the_newspapers_case_of_the_guide_is_a_whole_case() -> None:
    found = re.search(r"`(账单: \{总费用.*?\})` is a whole case", _GUIDE)
    assert found is not None
    # (50 000 - 18 000) * 65 % and (30 000 - 20 000) * 60 %.
    paid = evaluate(plan_of("weifang-2022"), read_case(found[1])).paid_by_liability
    assert [fen // 100 for fen in paid.values()] == [20_800, 6_000, 0]
