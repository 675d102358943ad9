from datetime import timedelta

import pytest

from libs.interop.fhir import encode_bundle, parse_bundle
from libs.synthetic import Population
from libs.synthetic.cities import CITIES
from libs.synthetic.fhir_encounters import EncounterDischarge, encounter_discharges

PLANS = list(CITIES)


@pytest.fixture(scope="module")
def made() -> list[EncounterDischarge]:
    return encounter_discharges(2, PLANS)


def test_every_packaged_stay_becomes_a_bundle_that_holds_its_settlement(
    made: list[EncounterDischarge],
) -> None:
    assert len(made) == len({one.encounter_id for one in made}) == 64
    for one in made:
        assert parse_bundle(encode_bundle(one.bundle)) == one.submission


def test_the_bundle_keeps_the_exports_own_class_type_and_codes(made: list[EncounterDischarge]) -> None:
    kinds = {entry["resource"]["resourceType"] for entry in made[0].bundle["entry"]}
    assert kinds >= {"Patient", "Encounter", "Condition", "Organization", "Claim", "ClaimResponse"}
    encounters = [
        entry["resource"]
        for one in made
        for entry in one.bundle["entry"]
        if entry["resource"]["resourceType"] == "Encounter"
    ]
    assert {encounter["class"]["code"] for encounter in encounters} == {"IMP", "EMER"}
    assert all(
        encounter["type"][0]["coding"][0]["system"] == "http://snomed.info/sct" for encounter in encounters
    )


def test_stays_lie_in_the_plan_year_and_people_are_enrolled_for_it(made: list[EncounterDischarge]) -> None:
    for one in made:
        assert one.submission.visit.admitted_on.year == 2022
        assert one.submission.person == one.insured.person
        assert one.submission.visit.insured_region == one.insured.insured_region
        assert one.submission.visit.discharged_on - one.submission.visit.admitted_on < timedelta(days=400)


def test_stays_of_one_patient_and_year_stay_one_persons(made: list[EncounterDischarge]) -> None:
    people = {one.insured.person.id_number for one in made}
    assert len(people) == 22
    assert people.isdisjoint(one.person.id_number for one in Population(2, PLANS, 20_000))


def test_the_same_seed_gives_the_same_discharges(made: list[EncounterDischarge]) -> None:
    assert encounter_discharges(2, PLANS) == made
    assert encounter_discharges(3, PLANS) != made
