"""A claim's case is made without asking again what its contract has checked, and is the case that asking would make."""

import hashlib

import orjson

from libs.benefits import Case
from services.adjudication.domain.circumstances import Circumstances
from services.adjudication.domain.decision import inputs_digest
from services.adjudication.domain.preview import case_of_claim
from tests.unit.adjudication.heard_events import YUAN, a_visit, attached, covered, registered, scored
from tests.unit.adjudication.test_claims_that_contradict_themselves import a_line
from tests.unit.adjudication.told_person import CLOCKS, PLANS, ToldPerson


def a_case() -> Case:
    """Of a person's second claim: the year's balances are used, by a cap, too."""
    told = ToldPerson()
    told.hears(covered(pre_existing_classes=("severe",), groups=("poverty",), tier="standard"))
    told.hears(registered("c0"), attached("c0"), scored("c0"))
    lines = tuple(a_line(number, amount_fen=number * 100 * YUAN) for number in range(1, 6))
    told.hears(registered(visit=a_visit(hospital_grade=0), lines=lines))
    case = case_of_claim(told.person, "c1", Circumstances(told.now, CLOCKS, PLANS))
    assert case is not None
    return case


def test_a_case_that_was_made_is_the_case_that_its_fields_make() -> None:
    case = a_case()
    checked = Case.model_validate(case.model_dump())

    assert case.used.liabilities
    assert case == checked
    assert case.model_dump_json() == checked.model_dump_json()


def test_the_inputs_digest_is_of_the_cases_json_with_sorted_keys() -> None:
    case, plan = a_case(), PLANS["demo-generic"]
    canonical = orjson.dumps(case.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)

    expected = hashlib.sha256(plan.digest.encode() + b"\n" + canonical).hexdigest()
    assert inputs_digest(plan, case) == expected
