"""Submission → FHIR R4 Bundle; `parse_bundle` reads back exactly the same submission.

Money values are Decimal: serialise with `encode_bundle`, which writes them as JSON numbers with two decimals.
"""

from decimal import Decimal
from typing import Any, Literal
from uuid import NAMESPACE_URL, uuid5

import msgspec

from libs.contracts.settlement import FeeLine, Settlement, Visit
from libs.interop.fhir import systems
from libs.interop.fhir.one_stop import one_stop_extension
from libs.interop.national import fields
from libs.interop.submission import Submission

Json = dict[str, Any]
BundleType = Literal["transaction", "collection", "message"]

_CLASSES = {"inpatient": "IMP", "outpatient": "AMB", "chronic_outpatient": "AMB"}
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def encode_bundle(bundle: Json) -> bytes:
    """UTF-8 JSON of a Bundle, Decimals as exact numbers."""
    return _ENCODER.encode(bundle)


def to_bundle(submission: Submission, bundle_type: BundleType = "transaction") -> Json:
    """Patient, Organization, Coverage, Encounter, Conditions, Claim and ClaimResponse of a settled visit."""
    links = _Links(submission)
    resources = [
        _patient(submission, links),
        _organization(submission, links),
        _coverage(submission, links),
        _encounter(submission, links),
        *_conditions(submission, links),
        _claim(submission, links),
        _claim_response(submission, links),
    ]
    entries: list[Json] = []
    for resource in resources:
        entry: Json = {"fullUrl": f"urn:uuid:{resource['id']}", "resource": resource}
        if bundle_type == "transaction":
            entry["request"] = {"method": "POST", "url": resource["resourceType"]}
        entries.append(entry)
    return {"resourceType": "Bundle", "type": bundle_type, "entry": entries}


class _Links:
    """Ids of the Bundle's resources, the same whenever the same submission is written."""

    def __init__(self, submission: Submission) -> None:
        self._seed = f"{systems.BASE}/{submission.hospital_id}/{submission.submission_id}/"

    def id(self, role: str) -> str:
        return str(uuid5(NAMESPACE_URL, self._seed + role))

    def to(self, role: str) -> Json:
        return {"reference": f"urn:uuid:{self.id(role)}"}


def _concept(system: str, code: str, display: str | None = None) -> Json:
    coding = {"system": system, "code": code}
    if display:
        coding["display"] = display
    return {"coding": [coding]}


def _money(fen: int) -> Json:
    return {"value": Decimal(fen).scaleb(-2), "currency": "CNY"}


def _region(code: str) -> list[Json]:
    return [{"url": systems.REGION, "valueCode": code}]


def _patient(submission: Submission, links: _Links) -> Json:
    person = submission.person
    patient: Json = {
        "resourceType": "Patient",
        "id": links.id("patient"),
        "identifier": [{"use": "official", "system": systems.IDENTITY_NUMBER, "value": person.id_number}],
        "name": [{"use": "official", "text": person.name}],
        "gender": person.sex,
        "birthDate": person.birth_date.isoformat(),
    }
    if person.phone is not None:
        patient["telecom"] = [{"system": "phone", "value": person.phone}]
    return patient


def _organization(submission: Submission, links: _Links) -> Json:
    visit = submission.visit
    return {
        "resourceType": "Organization",
        "id": links.id("hospital"),
        "extension": _region(visit.hospital_region),
        "identifier": [{"system": systems.HOSPITAL_ID, "value": visit.hospital_id}],
        "type": [_concept(systems.HOSPITAL_LEVEL, fields.GRADE_CODES[visit.hospital_grade])],
    }


def _coverage(submission: Submission, links: _Links) -> Json:
    visit = submission.visit
    coverage: Json = {
        "resourceType": "Coverage",
        "id": links.id("coverage"),
        "extension": _region(visit.insured_region),
        "status": "active",
        "beneficiary": links.to("patient"),
        "payor": [{"display": "医疗保障经办机构"}],
    }
    insurance = fields.INSUTYPES[visit.scheme]
    if insurance is not None:
        coverage["type"] = _concept(systems.INSURANCE_TYPE, insurance)
    return coverage


def _encounter(submission: Submission, links: _Links) -> Json:
    visit = submission.visit
    code = "EMER" if visit.med_type == "13" else _CLASSES.get(visit.kind, "AMB")
    encounter: Json = {
        "resourceType": "Encounter",
        "id": links.id("encounter"),
        "status": "finished",
        "class": {"system": systems.ENCOUNTER_CLASS, "code": code},
        "type": [_concept(systems.VISIT_KIND, visit.kind)],
        "subject": links.to("patient"),
        "period": {"start": visit.admitted_on.isoformat(), "end": visit.discharged_on.isoformat()},
        "serviceProvider": links.to("hospital"),
    }
    if submission.encounter_id is not None:
        encounter["identifier"] = [{"system": systems.ENCOUNTER_ID, "value": submission.encounter_id}]
    return encounter


def _conditions(submission: Submission, links: _Links) -> list[Json]:
    return [
        {
            "resourceType": "Condition",
            "id": links.id(f"condition-{number}"),
            "code": _concept(systems.DIAGNOSIS, diagnosis.code, diagnosis.name),
            "subject": links.to("patient"),
            "encounter": links.to("encounter"),
        }
        for number, diagnosis in enumerate(submission.diagnoses, start=1)
    ]


def _claim(submission: Submission, links: _Links) -> Json:
    visit = submission.visit
    claim: Json = {
        "resourceType": "Claim",
        "id": links.id("claim"),
        "identifier": [{"system": systems.SETTLEMENT_ID, "value": submission.submission_id}],
        "status": "active",
        "type": _concept(systems.CLAIM_TYPE, "institutional"),
        "subType": _concept(systems.MED_TYPE, visit.med_type),
        "use": "claim",
        "patient": links.to("patient"),
        "billablePeriod": {"start": visit.admitted_on.isoformat(), "end": visit.discharged_on.isoformat()},
        "created": visit.discharged_on.isoformat(),
        "provider": links.to("hospital"),
        "priority": _concept(systems.PRIORITY, "normal"),
        "supportingInfo": _supporting_info(submission),
        "diagnosis": [
            {"sequence": number, "diagnosisReference": links.to(f"condition-{number}")}
            | ({"type": [_concept(systems.DIAGNOSIS_TYPE, "principal")]} if diagnosis.main else {})
            for number, diagnosis in enumerate(submission.diagnoses, start=1)
        ],
        "procedure": [
            {
                "sequence": number,
                "procedureCodeableConcept": _concept(systems.PROCEDURE, procedure.code, procedure.name),
            }
            for number, procedure in enumerate(submission.procedures, start=1)
        ],
        "insurance": [
            {"sequence": 1, "focal": True, "coverage": links.to("coverage")} | _preauthorised(visit)
        ],
        "item": [_item(line, links) for line in submission.lines],
        "total": _money(submission.settlement.total_fen),
    }
    claim["extension"] = _extensions(submission)
    return {name: value for name, value in claim.items() if value != []}


def _extensions(submission: Submission) -> list[Json]:
    found: list[Json] = []
    if submission.visit.place != "local":
        filed = submission.visit.place == "out_of_town_filed"
        found.append({"url": systems.FILED, "valueBoolean": filed})
    if submission.one_stop is not None:
        found.append(one_stop_extension(submission.one_stop))
    return found


def _supporting_info(submission: Submission) -> list[Json]:
    stated = (("invoice-number", submission.invoice_number), ("note", submission.note))
    present = [(code, value) for code, value in stated if value is not None]
    return [
        {"sequence": number, "category": _concept(systems.SUPPORTING_INFO, code), "valueString": value}
        for number, (code, value) in enumerate(present, start=1)
    ]


def _item(line: FeeLine, links: _Links) -> Json:
    item: Json = {
        "sequence": line.line_no,
        "category": _concept(systems.CHARGE_ITEM, fields.CHARGE_CODES[line.category]),
        "productOrService": _concept(systems.CATALOGUE_ITEM, line.code, line.name),
        "modifier": [_concept(systems.LIST_CLASS, fields.LIST_CODES[line.list_class])],
        "quantity": {"value": Decimal(line.quantity_milli).scaleb(-3)},
        "net": _money(line.amount_fen),
        "encounter": [links.to("encounter")],
    }
    if line.days_supply is not None:
        item["extension"] = [{"url": systems.DAYS_SUPPLY, "valueUnsignedInt": line.days_supply}]
    return item


def _claim_response(submission: Submission, links: _Links) -> Json:
    """Basic insurance's answer: the national fields as totals, the four buckets of each line."""
    response: Json = {
        "resourceType": "ClaimResponse",
        "id": links.id("claim-response"),
        "status": "active",
        "type": _concept(systems.CLAIM_TYPE, "institutional"),
        "use": "claim",
        "patient": links.to("patient"),
        "created": submission.visit.discharged_on.isoformat(),
        "insurer": {"display": "医疗保障经办机构"},
        "request": links.to("claim"),
        "outcome": "complete" if submission.visit.settled else "queued",
        "item": [
            {
                "itemSequence": line.line_no,
                "adjudication": [
                    _amount(wire, getattr(line, ours))
                    for wire, ours in fields.LINE_AMOUNTS.items()
                    if ours != "amount_fen"
                ],
            }
            for line in submission.lines
        ],
        "total": _totals(submission.settlement),
    }
    return {name: value for name, value in response.items() if value != []}


def _totals(settlement: Settlement) -> list[Json]:
    return [_amount(wire, getattr(settlement, ours)) for wire, ours in fields.SETTLEMENT_AMOUNTS.items()]


def _amount(wire: str, fen: int) -> Json:
    return {"category": _concept(systems.SETTLEMENT_AMOUNT, wire), "amount": _money(fen)}


def _preauthorised(visit: Visit) -> dict[str, Any]:
    return {} if visit.preauthorisation_id is None else {"preAuthRef": [visit.preauthorisation_id]}
