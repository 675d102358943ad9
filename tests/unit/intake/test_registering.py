"""The claim's first event: what stands in clear in it, and what does not."""

from datetime import UTC, datetime

from libs import contracts
from libs.testing.submissions import a_line, a_person, a_settlement, a_submission
from services.intake.domain.filing import Filing, Original
from services.intake.domain.registering import (
    identity_document,
    largest_event_bytes,
    medical_document,
    register,
)

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SEAL = "s1." + "0" * 32 + ".AAAA"


def a_filing(**changes: object) -> Filing:
    return Filing(
        a_submission(**changes),
        "p_" + "0" * 32,
        "d1",
        "settlement_http",
        Original("application/json", b"{}"),
    )


def test_nothing_that_names_the_person_or_the_illness_is_in_clear() -> None:
    filing = a_filing(
        person=a_person(name="甲乙丙", phone="13912345678"), note="自由文本", invoice_number="INV-77"
    )
    body = contracts.encode(register(filing, SEAL, SEAL, "digest", NOW)).decode()
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
    assert register(a_filing(), SEAL, SEAL, None, NOW).main_diagnosis_chapter == "II"
    assert register(a_filing(diagnoses=()), SEAL, SEAL, None, NOW).main_diagnosis_chapter is None


def test_the_largest_event_is_not_underestimated() -> None:
    lines = tuple(a_line(number, 100) for number in range(1, 1_001))
    filing = a_filing(lines=lines, settlement=a_settlement(100_000, 0, 10_000), note="长" * 2000)
    identity = len(str(identity_document(filing.submission)).encode()) * 4 // 3 + 80
    medical = len(str(medical_document(filing.submission)).encode()) * 4 // 3 + 80
    event = register(filing, SEAL + "A" * identity, SEAL + "A" * medical, "f" * 64, NOW)
    assert len(contracts.encode(event)) <= largest_event_bytes(filing.submission)
