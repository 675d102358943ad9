"""The examples that guides send: they are read as sent, and are about one person with one coverage."""

from pathlib import Path

import msgspec

from libs.interop.bureau import Deposit, to_deposit
from libs.interop.fhir import parse_bundle
from libs.interop.national import parse_settlement
from libs.synthetic.published_examples import PublishedExample, published_examples
from services.enrolment.entrypoints.requests import CoverageRequest

EXAMPLES = Path("docs/schemas/examples")


def published() -> PublishedExample:
    return next(example for example in published_examples() if example.id == "w2")


def test_the_bundle_is_read_as_the_second_stay_of_the_published_example() -> None:
    assert parse_bundle((EXAMPLES / "fhir-bundle.json").read_bytes()) == published().submissions[1]


def test_the_settlement_is_the_first_stay_of_the_published_example() -> None:
    assert (
        parse_settlement((EXAMPLES / "national-settlement.json").read_bytes()) == published().submissions[0]
    )


def test_the_coverage_covers_the_person_on_the_days_of_both_stays() -> None:
    coverage = CoverageRequest.model_validate_json((EXAMPLES / "coverage.json").read_bytes())
    assert coverage.plan_id == published().plan_id
    for submission in published().submissions:
        assert coverage.person.id_number == submission.person.id_number
        assert coverage.covered_from <= submission.visit.admitted_on
        assert submission.visit.discharged_on <= coverage.covered_to


def test_the_deposits_are_what_the_centre_records_of_both_stays() -> None:
    deposits = msgspec.json.decode((EXAMPLES / "bureau-deposits.json").read_bytes(), type=list[Deposit])
    assert deposits == [to_deposit(submission) for submission in published().submissions]
