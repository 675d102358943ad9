"""The same records as FHIR R4 resources, for platforms that are searched and not asked."""

from collections.abc import Sequence
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from libs.interop.bureau import Deposit
from libs.interop.fhir import systems
from services.bureau_simulator.domain.person_facts import PersonFacts, facts_of
from services.bureau_simulator.domain.records import Records

Json = dict[str, Any]

_CONDITION_CATEGORY = "http://terminology.hl7.org/CodeSystem/condition-category"
_CLINICAL_STATUS = "http://terminology.hl7.org/CodeSystem/condition-clinical"


def encounters_of(records: Records, certno: str) -> list[Json]:
    """The person's deposited visits as finished Encounters, in order of admission."""
    return [_encounter(deposit, _subject(certno)) for deposit in records.of_person(certno)]


def conditions_of(records: Records, seed: int, certno: str) -> list[Json]:
    """The person's registered chronic disease, then the main diagnosis of each deposited visit."""
    subject = _subject(certno)
    registered = _registered(facts_of(seed, certno), certno, subject)
    diagnosed = [
        _condition(
            deposit.setl_id, deposit.diag_code, "encounter-diagnosis", deposit.begndate.isoformat(), subject
        )
        for deposit in records.of_person(certno)
        if deposit.diag_code
    ]
    return [*registered, *diagnosed]


def searchset(found: Sequence[Json], base: str, query: str, offset: int, count: int) -> Json:
    """A page of a result as a searchset Bundle. `query` repeats the search without its paging."""
    page = found[offset : offset + count]
    links = [{"relation": "self", "url": f"{base}?{query}&_count={count}&_offset={offset}"}]
    if offset + count < len(found):
        links.append({"relation": "next", "url": f"{base}?{query}&_count={count}&_offset={offset + count}"})
    root = base.rsplit("/", 1)[0]
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": len(found),
        "link": links,
        "entry": [
            {
                "fullUrl": f"{root}/{resource['resourceType']}/{resource['id']}",
                "resource": resource,
                "search": {"mode": "match"},
            }
            for resource in page
        ],
    }


def _subject(certno: str) -> Json:
    return {"identifier": {"system": systems.IDENTITY_NUMBER, "value": certno}}


def _id(*words: str) -> str:
    return str(uuid5(NAMESPACE_OID, "/".join(words)))


def _encounter(deposit: Deposit, subject: Json) -> Json:
    code = "EMER" if deposit.med_type == "13" else "IMP" if deposit.med_type.startswith("2") else "AMB"
    return {
        "resourceType": "Encounter",
        "id": _id("encounter", deposit.fixmedins_code, deposit.setl_id),
        "identifier": [{"system": systems.SETTLEMENT_ID, "value": deposit.setl_id}],
        "status": "finished",
        "class": {"system": systems.ENCOUNTER_CLASS, "code": code},
        "type": [{"coding": [{"system": systems.MED_TYPE, "code": deposit.med_type}]}],
        "subject": subject,
        "period": {"start": deposit.begndate.isoformat(), "end": deposit.enddate.isoformat()},
        "serviceProvider": {"identifier": {"system": systems.HOSPITAL_ID, "value": deposit.fixmedins_code}},
    }


def _registered(facts: PersonFacts, certno: str, subject: Json) -> list[Json]:
    if facts.chronic_since is None or facts.chronic_code is None:
        return []
    since = facts.chronic_since.isoformat()
    return [_condition(f"chronic/{certno}", facts.chronic_code, "problem-list-item", since, subject)]


def _condition(key: str, code: str, category: str, recorded: str, subject: Json) -> Json:
    return {
        "resourceType": "Condition",
        "id": _id("condition", key, code),
        "clinicalStatus": {"coding": [{"system": _CLINICAL_STATUS, "code": "active"}]},
        "category": [{"coding": [{"system": _CONDITION_CATEGORY, "code": category}]}],
        "code": {"coding": [{"system": systems.DIAGNOSIS, "code": code}]},
        "subject": subject,
        "recordedDate": recorded,
    }
