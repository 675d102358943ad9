"""People in whose every personal field a string stands that stands nowhere else."""

from dataclasses import dataclass
from typing import Any

from libs.interop import Diagnosis, Procedure, Submission
from libs.interop.fhir import to_bundle
from libs.interop.national import to_national
from libs.testing.submissions import a_person, a_submission, an_identity_number

#: The hospital of all planted discharges. Not personal: it must be found wherever events are, or a search searches not.
MARKER = "H-MARKER-8841"


@dataclass(frozen=True)
class Planted:
    """A person with a string of their own in every personal field."""

    order: int

    @property
    def strings(self) -> dict[str, str]:
        """By the name of the field; `order` makes them this person's."""
        tag = f"Qx{self.order}"
        return {
            "name": f"甄可追{tag}Name",
            "id_number": an_identity_number("659004", order=801 + 2 * self.order),
            "phone": f"1398765{self.order:04d}",
            "account": f"62170038110099{self.order:05d}",
            "account_bank": f"可追银行{tag}支行",
            "diagnosis_code": f"Z98.{tag}code",
            "diagnosis_name": f"可追诊断{tag}",
            "procedure_code": f"99.{tag}proc",
            "procedure_name": f"可追手术{tag}",
            "note": f"可追自由文本{tag}",
            "invoice_number": f"INV{tag}0099881",
            "unknown_field": f"可追别名{tag}",
            "idempotency_key": f"IdempotencyKey{tag}",
        }

    def submission(self, way: str) -> Submission:
        """A discharge with the strings in every field that has a place for them."""
        strings = self.strings
        base = a_submission(person=a_person(strings["id_number"], strings["name"], strings["phone"]))
        return base.model_copy(
            update={
                "submission_id": f"S-{way}-{self.order}",
                "visit": base.visit.model_copy(update={"hospital_id": MARKER}),
                "diagnoses": (
                    Diagnosis(code=strings["diagnosis_code"], name=strings["diagnosis_name"], main=True),
                ),
                "procedures": (Procedure(code=strings["procedure_code"], name=strings["procedure_name"]),),
                "note": strings["note"],
                "invoice_number": strings["invoice_number"],
            }
        )

    def national(self, way: str) -> dict[str, Any]:
        """The settlement JSON, with a field that nobody knows."""
        document = to_national(self.submission(way))
        document["setlinfo"]["psn_nickname"] = self.strings["unknown_field"]
        return document

    def bundle(self, way: str) -> dict[str, Any]:
        """The Bundle, with an element of the patient that nobody reads."""
        bundle = to_bundle(self.submission(way))
        patient = next(
            entry["resource"] for entry in bundle["entry"] if entry["resource"]["resourceType"] == "Patient"
        )
        patient["address"] = [{"text": self.strings["unknown_field"]}]
        return bundle
