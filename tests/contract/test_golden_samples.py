"""Bytes once published are understood for ever."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import jsonschema
import orjson
import pytest

from libs.conservation import check_history
from libs.contracts import decode, encode
from libs.contracts.golden import read_golden
from libs.contracts.sampling import sample_of
from libs.contracts.schemas import Contract, current_schemas, published_contracts
from libs.eventlog.envelope import to_json
from libs.eventlog.event import Recorded

GOLDEN = read_golden()
CURRENT = published_contracts()
SCHEMAS = current_schemas()


@pytest.mark.parametrize("newest", CURRENT, ids=str)
def test_every_version_of_every_published_type_has_a_sample(newest: Contract) -> None:
    versions = range(1, newest.version + 1)
    assert {Contract(newest.context, newest.type, version) for version in versions} <= GOLDEN.keys()


@pytest.mark.parametrize("contract", [each for each in GOLDEN if each in CURRENT], ids=str)
def test_a_sample_read_and_written_again_is_the_same_bytes(contract: Contract) -> None:
    body = GOLDEN[contract]
    assert encode(decode(contract.type, contract.version, body)) == body


@pytest.mark.parametrize("contract", GOLDEN, ids=str)
def test_a_sample_of_any_version_is_read_as_the_newest(contract: Contract) -> None:
    event = decode(contract.type, contract.version, GOLDEN[contract])
    assert type(event) in CURRENT.values()
    assert event.shard_key()
    assert event.subject()


@pytest.mark.parametrize("contract", [each for each in GOLDEN if each in CURRENT], ids=str)
def test_a_sample_fits_the_published_schema(contract: Contract) -> None:
    jsonschema.Draft202012Validator(SCHEMAS[contract]).validate(orjson.loads(GOLDEN[contract]))


@pytest.mark.parametrize("contract", CURRENT, ids=str)
def test_a_draft_of_a_new_sample_fills_every_field(contract: Contract) -> None:
    kind = CURRENT[contract]
    sample = sample_of(kind)
    assert sample.model_fields_set == set(kind.model_fields)
    assert encode(sample_of(kind)) == encode(sample)


def test_the_samples_tell_one_claim_whose_money_is_conserved() -> None:
    told = (
        ("intake", "ClaimRegistered"),
        ("medical_data", "RecordsAttached"),
        ("fraud", "ClaimFactsNoted"),
        ("adjudication", "ClaimOpened"),
        ("adjudication", "ClaimAdjudicated"),
        ("charity", "BurdenNoted"),
        ("charity", "ReferralMade"),
        ("payout", "PaymentHeld"),
        ("payout", "PaymentInstructed"),
        ("payout", "PaymentFileClosed"),
        ("payout", "PaymentSettled"),
        ("payout", "PaymentReturned"),
    )
    positions: dict[str, int] = {}
    lines = []
    for number, (context, type_name) in enumerate(told):
        positions[context] = positions.get(context, 0) + 1
        body = GOLDEN[Contract(context, type_name, CURRENT_VERSIONS[type_name])]
        lines.append(to_json(_recorded(context, positions[context], type_name, number, body)))
    report = check_history(lines, finished=True)
    assert report.violations == ()
    assert report.totals.settled_fen == report.totals.returned_fen == 600_000


def _recorded(context: str, position: int, type_name: str, number: int, body: bytes) -> Recorded:
    event = decode(type_name, CURRENT_VERSIONS[type_name], body)
    return Recorded(
        source=context,
        shard=0,
        position=position,
        stream_id=event.subject(),
        version=position,
        event_id=UUID(int=number),
        type=type_name,
        schema_version=CURRENT_VERSIONS[type_name],
        subject=event.subject(),
        recorded_at=datetime(2026, 3, 15, tzinfo=UTC) + timedelta(seconds=number),
        caused_by=None,
        traceparent=None,
        body=body,
        hash=bytes(32),
    )


CURRENT_VERSIONS = {contract.type: contract.version for contract in CURRENT}
