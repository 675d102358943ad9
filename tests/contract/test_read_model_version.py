"""What a read model makes of an event changes only together with its version.

Otherwise tables that the last release has filled pass for this one's, and nobody is told to build them anew.
"""

import hashlib
from datetime import UTC, datetime
from uuid import UUID

import orjson

from libs.contracts import decode
from libs.contracts.golden import read_golden
from libs.contracts.schemas import Contract
from libs.eventlog.event import Recorded
from services.projections.claims.project import told_by
from services.projections.read_model import CLAIMS

CONTENT_OF_VERSION = {
    5: "8cfafba25307a7fb7d75ba0deaf89e178e19d762c542f89876fcaa168f5c7f00",
}
"""A digest of all rows that the samples of all published events make. Another content is a line of its own here, and in
the notes of the release: `huiji rebuild claims` after it."""

_NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


def test_rows_that_events_make_change_only_with_the_version_of_the_read_model() -> None:
    assert content() == CONTENT_OF_VERSION[CLAIMS.version]


def content() -> str:
    samples = [
        (contract, body)
        for contract, body in read_golden().items()
        if contract.type in CLAIMS.subscriptions.get(contract.context, ())
    ]
    assert {contract.type for contract, _ in samples} == CLAIMS.handled_types
    made = [(str(contract), told_by([as_recorded(contract, body)])) for contract, body in samples]
    return hashlib.sha256(orjson.dumps(made, default=str, option=orjson.OPT_SORT_KEYS)).hexdigest()


def as_recorded(contract: Contract, body: bytes) -> Recorded:
    """The sample as the service that says it would have recorded it."""
    subject = decode(contract.type, contract.version, body).subject()
    return Recorded(
        source=contract.context,
        shard=0,
        position=1,
        stream_id=subject,
        version=1,
        event_id=UUID(int=1),
        type=contract.type,
        schema_version=contract.version,
        subject=subject,
        recorded_at=_NOON,
        caused_by=None,
        traceparent=None,
        body=body,
        hash=bytes(32),
    )
