"""The claim's first event: what stands in clear in it, and what does not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from libs import contracts
from libs.contracts.intake import ClaimCorrected, ClaimWithdrawn, FiledSettlement
from libs.testing.submissions import a_line, a_person, a_settlement, a_submission
from services.intake.domain.filing import Filing, Original, Sending, Withdrawing, evolve
from services.intake.domain.registering import (
    identity_document,
    largest_event_bytes,
    medical_document,
    register,
    withdraw,
)

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SEAL = "s1." + "0" * 32 + ".AAAA"


def a_filing(**changes: object) -> Filing:
    sending = Sending("settlement_http", Original("application/json", b"{}"))
    return Filing(a_submission(**changes), "p_" + "0" * 32, "d1", sending)


def registered(filing: Filing, identity: str = SEAL, medical: str = SEAL) -> FiledSettlement:
    return register(filing, evolve(None, filing, NOW), identity, medical, "f" * 64)


def test_nothing_that_names_the_person_or_the_illness_is_in_clear() -> None:
    filing = a_filing(
        person=a_person(name="甲乙丙", phone="13912345678"), note="自由文本", invoice_number="INV-77"
    )
    body = contracts.encode(registered(filing)).decode()
    person = filing.submission.person
    for personal in (
        person.name, person.id_number, "13912345678", "自由文本", "INV-77", "支气管或肺恶性肿瘤", "C34.900",
    ):  # fmt: skip
        assert personal not in body


def test_what_is_sealed_is_complete() -> None:
    submission = a_submission(note="自由文本")
    assert identity_document(submission) == {
        "name": "测试甲",
        "id_number": submission.person.id_number,
        "phone": "13900000001",
    }
    assert medical_document(submission) == {
        "diagnoses": [{"code": "C34.900", "name": "支气管或肺恶性肿瘤", "main": True}],
        "procedures": [],
        "note": "自由文本",
    }


def test_the_chapter_of_the_main_diagnosis_is_all_that_tells_of_the_illness() -> None:
    assert registered(a_filing()).main_diagnosis_chapter == "II"
    assert registered(a_filing(diagnoses=())).main_diagnosis_chapter is None


def test_the_largest_event_is_not_underestimated() -> None:
    lines = tuple(a_line(number, 100) for number in range(1, 1_001))
    filing = a_filing(lines=lines, settlement=a_settlement(100_000, 0, 10_000), note="长" * 2000)
    identity = len(str(identity_document(filing.submission)).encode()) * 4 // 3 + 80
    medical = len(str(medical_document(filing.submission)).encode()) * 4 // 3 + 80
    event = registered(filing, SEAL + "A" * identity, SEAL + "A" * medical)
    assert len(contracts.encode(event)) <= largest_event_bytes(filing.submission)


def test_a_correction_says_the_new_content_and_its_revision() -> None:
    first, later = a_filing(), NOW + timedelta(days=1)
    correction = replace(a_filing(note="x", lines=()), corrects=True, digest="d2")
    filed = evolve(evolve(None, first, NOW), correction, later)
    event = register(correction, filed, SEAL, SEAL, None)
    assert isinstance(event, ClaimCorrected)
    assert (event.revision, event.submission_digest, event.received_at) == (2, "d2", later)
    assert (event.claim_id, event.lines) == (first.claim_id, ())


def test_a_withdrawal_is_about_the_claims_person_and_says_why() -> None:
    filing = a_filing()
    asked = Withdrawing(*filing.name, "discharge_cancelled", filing.sending)
    event = withdraw(asked, evolve(evolve(None, filing, NOW), asked, NOW))
    assert event == ClaimWithdrawn(
        person_id=filing.person_id,
        claim_id=filing.claim_id,
        reason="discharge_cancelled",
        channel="settlement_http",
        received_at=NOW,
    )
