"""Policies as people write them: the standard one is whole, and what is wrong in another is said."""

from typing import Any

import pytest

from libs.access import VIEWS, PolicyUnusable, read_policy, rules_of
from libs.access.policy_file import STANDARD


def a_written(**rule: Any) -> dict[str, Any]:
    one = {"id": "r", "reader": "insurer", "claims": "of_its_pool", "views": {"insurer_share": "all"}}
    return {"title": "t", "rules": [one | rule]}


def test_the_standard_policy_gives_operators_every_view_and_charities_no_other_charitys_name() -> None:
    _, rules = rules_of(read_policy(STANDARD))
    assert {rule.view for rule in rules if rule.reader == "operator"} == set(VIEWS)
    (charity,) = (rule for rule in rules if rule.reader == "charity")
    assert charity.consent == "charity_aid"
    assert "programmes" not in charity.fields
    assert all(set(rule.fields) <= set(VIEWS[rule.view]) for rule in rules)


def test_the_standard_policy_shows_insurers_no_other_insurers_part() -> None:
    _, rules = rules_of(read_policy(STANDARD))
    seen = {
        field
        for rule in rules
        if (rule.reader, rule.view) == ("insurer", "claim_status")
        for field in rule.fields
    }
    assert "bill_fen" in seen
    assert not seen & {"pool_shares", "decisions"}, "each of the decisions has its pool_shares"


def test_the_standard_policy_names_who_has_read_to_operators_only() -> None:
    _, rules = rules_of(read_policy(STANDARD))
    seen = {rule.reader: set(rule.fields) for rule in rules if rule.view == "access_reading"}
    assert seen.keys() == {"patient", "regulator", "operator"}
    naming = {"reader", "shown_by"}
    assert [seen[who] & naming for who in ("patient", "regulator", "operator")] == [set(), set(), naming]
    assert all("party" in fields for fields in seen.values())
    assert not seen["regulator"] & {"claim_id", "person_id"}


def test_what_is_adopted_names_every_field() -> None:
    _, (rule,) = rules_of(a_written())
    assert rule.fields == VIEWS["insurer_share"]
    _, (rule,) = rules_of(a_written(views={"insurer_share": {"all_but": ["share_fen"]}}))
    assert set(rule.fields) == set(VIEWS["insurer_share"]) - {"share_fen"}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"views": {"insurer_shares": "all"}}, "no view 'insurer_shares'"),
        ({"views": {"insurer_share": ["name"]}}, "no field name"),
        ({"claims": "own"}, "insurer has no claims 'own'"),
        ({"reader": "journalist"}, "reader"),
        ({"until": "2026"}, "until"),
    ],
)
def test_what_is_wrong_is_said(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(PolicyUnusable, match=said):
        rules_of(a_written(**changed))


def test_a_rule_is_called_once() -> None:
    written = a_written()
    with pytest.raises(PolicyUnusable, match="two rules are called r"):
        rules_of(written | {"rules": written["rules"] * 2})
