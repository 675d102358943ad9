"""What enrolment is asked: every fault at once, by its place, and never with the value."""

from typing import Any

import orjson
import pytest
from pydantic import ValidationError

from libs.testing.submissions import an_identity_number
from services.enrolment.entrypoints.requests import CoverageRequest, EraseRequest, faults_of

NUMBER = an_identity_number()


def a_request(**changes: Any) -> dict[str, Any]:
    person = {"name": "测试甲", "id_number": NUMBER, "phone": "13900000001", "account": "6222020200000000001"}
    return {
        "person": person | changes.pop("person", {}),
        "plan_id": "demo-generic",
        "covered_from": "2026-01-01",
        "covered_to": "2026-12-31",
        "scheme": "resident",
        "premium_fen": 9900,
        "premium_payer": "self",
    } | changes


def faults(model: type[CoverageRequest] | type[EraseRequest], body: Any) -> list[tuple[str, str]]:
    with pytest.raises(ValidationError) as caught:
        model.model_validate_json(orjson.dumps(body))
    return [(fault["pointer"], fault["code"]) for fault in faults_of(caught.value)]


def test_a_complete_request_is_read() -> None:
    request = CoverageRequest.model_validate_json(orjson.dumps(a_request(groups=["poverty", "low", "low"])))
    assert request.terms().groups == ("low", "poverty")
    assert request.person.id_number == NUMBER


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"person": {"id_number": NUMBER[:-1] + "?"}}, "/person/id_number"),
        ({"person": {"name": ""}}, "/person/name"),
        ({"person": {"name": "a\u0000"}}, "/person/name"),
        ({"person": {"phone": "call me"}}, "/person/phone"),
        ({"person": {"account": "卡号"}}, "/person/account"),
        ({"covered_from": "01.01.2026"}, "/covered_from"),
        ({"covered_to": "2025-12-31"}, ""),
        ({"covered_to": "9999-12-31"}, ""),
        ({"premium_fen": -1}, "/premium_fen"),
        ({"premium_fen": 1.5}, "/premium_fen"),
        ({"premium_payer": "somebody"}, "/premium_payer"),
        ({"continuous_years": 0}, "/continuous_years"),
        ({"plan_id": "Demo Plan"}, "/plan_id"),
        ({"pre_existing_reason": "has had cancer"}, "/pre_existing_reason"),
        ({"张三": 1}, ""),
    ],
)
def test_a_fault_is_named_by_its_place(changes: dict[str, Any], pointer: str) -> None:
    assert [at for at, _ in faults(CoverageRequest, a_request(**changes))] == [pointer]


def test_all_faults_are_told_at_once() -> None:
    found = faults(CoverageRequest, {"person": {"name": "x", "id_number": NUMBER}, "plan_id": "demo-generic"})
    assert len(found) == 5
    assert {code for _, code in found} == {"missing"}


def test_no_fault_repeats_what_was_sent() -> None:
    canary = "某某某canary"
    body = a_request(
        person={"name": canary * 20, "id_number": canary, "phone": canary, "account": canary, canary: 1},
        plan_id=canary,
        **{canary: canary},
    )
    with pytest.raises(ValidationError) as caught:
        CoverageRequest.model_validate_json(orjson.dumps(body))
    assert "canary" not in str(faults_of(caught.value))


def test_what_is_no_json_is_said_to_be_none() -> None:
    with pytest.raises(ValidationError) as caught:
        CoverageRequest.model_validate_json(b"{")
    assert [(fault["pointer"], fault["code"]) for fault in faults_of(caught.value)] == [("", "json_invalid")]


@pytest.mark.parametrize(
    "body",
    [
        {"requested_by": "operator:1"},
        {"requested_by": "operator:1", "id_number": NUMBER, "person_id": "p_" + "0" * 32},
        {"requested_by": "张三", "id_number": NUMBER},
        {"requested_by": NUMBER, "id_number": NUMBER},
        {"requested_by": "tel:13900000001", "id_number": NUMBER},
        {"requested_by": "operator:1", "person_id": NUMBER},
    ],
)
def test_an_erasure_names_one_person_and_no_number_of_who_asked(body: dict[str, Any]) -> None:
    assert len(faults(EraseRequest, body)) == 1
