"""Real-shaped FHIR encounters as discharges: the packaged Synthea stays, each priced and covered.

The export has no bills and its stays lie between 1967 and 2022, so each is moved to its month and day of the
plans' year, priced by the generator, and given to a synthetic insured person of the patient's sex and age. A
patient's stays of one year stay one person's; another year's are another's, or decades of illness would fall into
one benefit year.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any

import orjson

from libs.interop.fhir import systems, to_bundle
from libs.interop.fhir.writer import Json
from libs.interop.identity_number import check_character, parse_identity_number
from libs.interop.submission import Diagnosis, Person, Submission
from libs.interop.visit_kinds import VisitKind
from libs.synthetic.catalogue import Condition, conditions
from libs.synthetic.cities import CITIES
from libs.synthetic.discharges import bill
from libs.synthetic.insured import Insured
from libs.synthetic.population import Population
from libs.synthetic.visits import PlannedVisit, draw_total_fen

_PLAN_YEAR = 2022
# R69.x00, "illness of unknown cause": what an emergency visit without a reason is coded as.
_UNKNOWN = "R69.x00"


@dataclass(frozen=True, slots=True)
class EncounterDischarge:
    """A stay as a Bundle to send, the submission it holds, and the person to enrol first."""

    encounter_id: str
    insured: Insured
    submission: Submission
    bundle: Json


@cache
def _export(kind: str) -> tuple[Json, ...]:
    text = (files("libs.synthetic") / "data" / "fhir" / f"{kind}.ndjson").read_bytes()
    return tuple(orjson.loads(line) for line in text.splitlines() if line.strip())


def encounter_discharges(seed: int, plan_ids: list[str]) -> list[EncounterDischarge]:
    """All 64 packaged stays, in order of their dates; the people are spread over the plans in turn."""
    encounters = sorted(_export("Encounter"), key=lambda one: str(one["period"]["start"]))
    patients = {patient["id"]: patient for patient in _export("Patient")}
    holders: dict[tuple[str, int], Insured] = {}
    made = []
    for number, encounter in enumerate(encounters, start=1):
        patient = patients[encounter["subject"]["reference"].removeprefix("Patient/")]
        admitted = date.fromisoformat(encounter["period"]["start"][:10])
        key = (patient["id"], admitted.year)
        if key not in holders:
            holders[key] = _insured(seed, plan_ids, len(holders), patient, _PLAN_YEAR - admitted.year)
        made.append(_discharge(seed, number, encounter, holders[key]))
    return made


def _moved(day: date, years: int) -> date:
    """The same day another year; 29 February becomes the 28th."""
    if (day.month, day.day) == (2, 29):
        day = day.replace(day=28)
    return day.replace(year=day.year + years)


def _insured(seed: int, plan_ids: list[str], index: int, patient: Json, years: int) -> Insured:
    """Person `index` of a population of their own, with the patient's sex and age at the stay."""
    model = Population(seed + 1, plan_ids, 10_000)[index]
    born = _moved(date.fromisoformat(patient["birthDate"]), years)
    # Orders from 800 up are kept free for these people, so that no one in a population has the same number.
    order = 800 + 2 * (index % 99) + (patient["gender"] == "male")
    first = f"{model.person.id_number[:6]}{born:%Y%m%d}{order:03d}"
    number = parse_identity_number(first + check_character(first))
    person = Person(
        name=model.person.name,
        id_number=number.text,
        phone=model.person.phone,
        sex=number.sex,
        birth_date=number.birth_date,
    )
    return model.model_copy(update={"person": person})


def _discharge(seed: int, number: int, encounter: Json, insured: Insured) -> EncounterDischarge:
    rng = Random(f"{seed}/encounter/{encounter['id']}")
    own = [one for one in _export("Condition") if one["encounter"]["reference"].endswith(encounter["id"])]
    found = _conditions_of(encounter, own)
    planned = _plan(rng, encounter, insured, found[0])
    submission = bill(rng, planned, f"{seed % 10**6:06d}90{number:08d}").model_copy(
        update={
            "encounter_id": encounter["id"],
            "diagnoses": tuple(
                Diagnosis(code=one.code, name=one.name, main=place == 0) for place, one in enumerate(found)
            ),
        }
    )
    bundle = _with_real_resources(to_bundle(submission), encounter, found)
    return EncounterDischarge(encounter["id"], insured, submission, bundle)


def _conditions_of(encounter: Json, own: list[Json]) -> list[Condition]:
    """Reason first, then the encounter's own Conditions, as far as their SNOMED codes are mapped."""
    by_snomed = {snomed: condition for condition in conditions() for snomed in condition.snomed}
    concepts = [*encounter.get("reasonCode", ()), *(one["code"] for one in own)]
    codes = [coding["code"] for concept in concepts for coding in concept["coding"]]
    found = list(dict.fromkeys(by_snomed[code] for code in codes if code in by_snomed))
    return found or [next(condition for condition in conditions() if condition.code == _UNKNOWN)]


def _plan(rng: Random, encounter: Json, insured: Insured, condition: Condition) -> PlannedVisit:
    start, end = (date.fromisoformat(encounter["period"][edge][:10]) for edge in ("start", "end"))
    admitted = _moved(start, _PLAN_YEAR - start.year)
    inpatient = encounter["class"]["code"] == "IMP"
    kind: VisitKind = "inpatient" if inpatient else "outpatient"
    total = draw_total_fen(rng, condition.severity, kind)
    return PlannedVisit(
        insured=insured,
        condition=condition,
        kind=kind,
        med_type="21" if inpatient else "13",
        hospital=CITIES[insured.coverage.plan_id].hospitals[rng.randrange(2)],
        place="local",
        admitted_on=admitted,
        discharged_on=admitted + timedelta(days=(end - start).days),
        total_fen=total,
    )


def _with_real_resources(bundle: Json, encounter: Json, found: list[Condition]) -> Json:
    """The Bundle with the export's own Encounter elements and SNOMED codes in place of the plain ones."""
    entries = []
    for entry in bundle["entry"]:
        resource: dict[str, Any] = entry["resource"]
        if resource["resourceType"] == "Encounter":
            kept: Json = {
                name: encounter[name] for name in ("reasonCode", "hospitalization") if name in encounter
            }
            identifiers = [*encounter.get("identifier", ()), *resource["identifier"]]
            resource = {
                **resource,
                **kept,
                "class": encounter["class"],
                "identifier": identifiers,
                "type": [*encounter["type"], *resource["type"]],
            }
        elif resource["resourceType"] == "Condition":
            resource = {**resource, "code": _with_snomed(resource["code"], found)}
        entries.append({**entry, "resource": resource})
    return {**bundle, "entry": entries}


def _with_snomed(concept: Json, found: list[Condition]) -> Json:
    code = concept["coding"][0]["code"]
    snomed = next((one.snomed for one in found if one.code == code), ())
    return {"coding": [*concept["coding"], *({"system": systems.SNOMED, "code": one} for one in snomed)]}
