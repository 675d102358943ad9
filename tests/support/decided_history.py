"""Adjudication's log as its real decider writes it, for people with corrections, withdrawals and late claims."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid5

from msgspec.structs import replace

from libs.contracts import Event, encode, event_type
from libs.contracts.one_stop import OneStopAmounts
from libs.eventlog.envelope import to_json
from libs.eventlog.event import Recorded, shard_of
from libs.eventlog.hash_chain import GENESIS, link
from libs.testing.submissions import one_stop_amounts
from services.adjudication.domain.commands import Heard, TakeNote
from services.adjudication.domain.decision import PlanBook
from services.adjudication.domain.evolving import evolve
from services.adjudication.domain.process import decide
from services.adjudication.domain.state import initial
from tests.unit.adjudication.heard_events import (
    NOW,
    YUAN,
    a_settlement,
    a_visit,
    attached,
    corrected,
    covered,
    registered,
    scored,
    unavailable,
    withdrawn,
)
from tests.unit.adjudication.told_person import CLOCKS, PLANS

SHARDS = 2
_IDS = UUID("6f0a4c1e-1f6b-4a57-8d54-0f2f2a3c9b11")


class LogWriter:
    """Appends as a service's log does: shard by key, gapless positions, linked hashes."""

    def __init__(self) -> None:
        self.logs: dict[tuple[str, int], list[Recorded]] = {}
        self._versions: dict[str, int] = {}
        self._count = 0

    def append(
        self, source: str, stream_id: str, event: Event, at: datetime, cause: Recorded | None = None
    ) -> Recorded:
        """Record an event at the next position of its shard."""
        shard = shard_of(event.shard_key(), SHARDS)
        log = self.logs.setdefault((source, shard), [])
        self._count += 1
        version = self._versions[stream_id] = self._versions.get(stream_id, 0) + 1
        draft = Recorded(
            source=source,
            shard=shard,
            position=len(log) + 1,
            stream_id=stream_id,
            version=version,
            event_id=uuid5(_IDS, str(self._count)),
            type=event_type(event),
            schema_version=event.schema_version,
            subject=event.subject(),
            recorded_at=at,
            caused_by=cause.event_id if cause else None,
            traceparent=None,
            body=encode(event),
            hash=b"",
        )
        recorded = replace(draft, hash=link(log[-1].hash if log else GENESIS, draft))
        log.append(recorded)
        return recorded


def tell_person(
    writer: LogWriter, person_id: str, heard: Sequence[Heard], plans: PlanBook = PLANS
) -> list[Recorded]:
    """Adjudication hears these about one person, a second apart; returns what it recorded."""
    stream_id = f"person-{person_id}"
    person, now, recorded = initial(stream_id), NOW, []
    for one in heard:
        now += timedelta(seconds=1)
        for event in decide(person, TakeNote(one, now, CLOCKS), plans):
            person = evolve(person, event)
            recorded.append(writer.append("adjudication", stream_id, event, now))
    return recorded


def a_decided_history(people: int = 12, plans: PlanBook = PLANS) -> LogWriter:
    """People with claims of every size: below the deductibles, above the first, above both; one in three corrected.

    One claim was settled by the insurance centre first, otherwise than we evaluate it.
    """
    writer = LogWriter()
    for number in range(people):
        tell_person(writer, f"p_{number:032x}", _story(number), plans)
    return writer


def _story(number: int) -> list[Heard]:
    person_id = f"p_{number:032x}"
    bill = a_settlement(
        total_fen=200_000 * YUAN, self_funded_fen=number * 5_000 * YUAN, pool_fen=120_000 * YUAN
    )
    ids = [f"claim-{number}-{letter}" for letter in "abc"]
    heard: list[Heard] = [covered(person_id, coverage_id=f"cov-{number}")]
    for index, claim_id in enumerate(ids[: 1 + number % 3]):
        # The later registered was treated earlier: every next claim moves the decisions before it.
        admitted = date(2026, 2, 20) - timedelta(days=7 * index)
        visit = a_visit(admitted_on=admitted, discharged_on=admitted + timedelta(days=3))
        records = unavailable if number % 4 == 3 else attached
        heard += [
            registered(
                claim_id, person_id, visit=visit, settlement=bill, one_stop=_settled_by_centre(number)
            ),
            records(claim_id, person_id),
            scored(claim_id, person_id),
        ]
    if number % 3 == 2:
        heard.append(withdrawn(ids[1], person_id))
    if number % 3 == 0:
        smaller = a_settlement(180_000 * YUAN, number * 4_000 * YUAN, 120_000 * YUAN)
        heard += [
            corrected(ids[0], person_id=person_id, settlement=smaller),
            attached(ids[0], person_id, revision=2),
            scored(ids[0], person_id, revision=2, scored_at=NOW + timedelta(hours=1)),
        ]
    return heard


def _settled_by_centre(number: int) -> OneStopAmounts | None:
    if number != 9:
        return None
    paid = ("SBNYL", 12_000 * YUAN, 30_000 * YUAN), ("SBWYL", 20_000 * YUAN, 15_000 * YUAN)
    return one_stop_amounts(*paid, plan_id="demo-generic")


def write_cut(directory: Path, writer: LogWriter) -> Path:
    """The logs as a cut on disk."""
    for (source, shard), log in writer.logs.items():
        path = directory / source / f"{shard:04d}.ndjson"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"".join(to_json(event) + b"\n" for event in log))
    return directory
