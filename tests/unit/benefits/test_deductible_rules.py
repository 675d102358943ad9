"""Rules change a deductible from top to bottom: set, added to, multiplied; and say so in the explanation."""

import pytest

from libs.benefits import Member
from tests.unit.benefits.plan_texts import a_liability, evaluated, in_scope

_FLOATS = """
deductible:
  floats_with: critical_illness_threshold
  rules:
    - {when: {claim_free_years: {min: 1}}, add: -1000}
    - {when: {group: poverty}, times: 50%}
    - {when: {age: {max: 17}}, add: -2万}
    - {when: {age: {max: 5}}, times: 100%}
    - {when: {tier: upgraded}, set: 100}
pays: {ratio: 100%}
"""
_THRESHOLDS = "critical_illness_thresholds: {by_scheme: {employee: 39500, resident: 30400.01}}\n"


@pytest.mark.parametrize(
    ("member", "deductible_fen"),
    [
        (Member(scheme="employee"), 39_500_00),
        (Member(scheme="resident", groups=("poverty",)), 15_200_01),  # 15 200.005, half up
        (Member(scheme="employee", groups=("poverty",), claim_free_years=1), 19_250_00),
        (Member(scheme="employee", groups=("poverty",), age=10), 0),
        (Member(scheme="employee", groups=("poverty",), age=3), 0),
        (Member(scheme="employee", groups=("poverty",), tier="upgraded"), 100_00),
        (Member(scheme="employee", groups=("poverty",), critical_illness_threshold_fen=1), 1),
    ],
)
def test_each_rule_changes_the_result_of_the_ones_before(member: Member, deductible_fen: int) -> None:
    result = evaluated(a_liability(_FLOATS), in_scope(100_000), rest=_THRESHOLDS, member=member)

    assert result.liabilities[0].deductible.required_fen == deductible_fen
    assert result.plan_pays_fen == 100_000_00 - deductible_fen
    if member.groups:
        assert "起付线乘以 50%" in result.explanation.text("zh")
        assert "deductible times 50%" in result.explanation.text("en")


def test_a_cap_can_be_multiplied_too() -> None:
    terms = "pays: {ratio: 100%}\ncap: {amount: 10万, rules: [{when: {group: poverty}, times: 50%}]}"
    result = evaluated(a_liability(terms), in_scope(100_000), member=Member(groups=("poverty",)))
    assert result.plan_pays_fen == 50_000_00
