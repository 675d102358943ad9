"""A synthetic city's year as logs on disk, decided by the real decider under given plans.

What is heard depends on the seed alone, never on a decision: two histories of one seed differ by their rule only.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID, uuid5

from msgspec.structs import replace

from libs.benefits import Plan, load_plans
from libs.contracts import Event, encode, event_type
from libs.contracts.enrolment import CoverageActivated, CoverageLapsed
from libs.contracts.fraud import ClaimScored, ReviewConcluded
from libs.contracts.intake import ClaimCorrected, ClaimRegistered, ClaimWithdrawn
from libs.contracts.medical_data import Provenance, RecordsAttached, RecordsUnavailable
from libs.contracts.one_stop import OneStopAmounts
from libs.eventlog import Recorded, shard_of
from libs.eventlog.envelope import to_json
from libs.eventlog.hash_chain import GENESIS, link
from libs.interop.submission import Submission
from libs.synthetic import Population, discharges
from libs.synthetic.insured import Insured
from libs.testing.submissions import one_stop_amounts
from services.adjudication.domain.commands import Clocks, Command, Heard, PassDeadline, TakeNote
from services.adjudication.domain.evolving import evolve
from services.adjudication.domain.process import decide
from services.adjudication.domain.state import Person, initial

CLOCKS = Clocks()
THRESHOLD = 600
_IDS = UUID("6f6bb1de-7f0f-4a52-9c8e-0e7b0d1c55aa")
_SEALED = "s1." + "0" * 32 + ".AAAA"


@dataclass(frozen=True)
class Told:
    """Something that is heard at a moment."""

    at: datetime
    heard: Heard


def told_in_a_year(seed: int, plan_ids: Sequence[str], people: int, claims: int) -> list[Told]:
    """All that adjudication hears of a city, in the order of hearing: claims late, corrected, undone, reviewed.

    The insurance centre has settled some of them first.
    """
    rng = Random(f"{seed}/told")
    population = Population(seed, plan_ids, people)
    told = [one for insured in population for one in _coverage(rng, insured)]
    plan_of = {insured.person.id_number: insured.coverage.plan_id for insured in population}
    for number, submission in enumerate(islice(discharges(seed, plan_ids, population), claims)):
        settled = None
        if number % 24 == 7:
            settled = _settled_by_centre(submission, plan_of[submission.person.id_number])
        told += _claim(rng, submission.model_copy(update={"one_stop": settled}), f"{number:06d}")
    return sorted(told, key=lambda one: one.at)


def decided(told: Sequence[Told], plans: Mapping[str, Plan]) -> Iterator[tuple[datetime, Event]]:
    """What adjudication records of it under these plans, clocks included."""
    people: dict[str, Person] = {}
    clocks: dict[str, tuple[datetime, str]] = {}
    for one in told:
        for claim_id, (due_at, person_id) in sorted(clocks.items(), key=lambda item: (item[1], item[0])):
            if due_at <= one.at:
                ring = PassDeadline(claim_id, due_at, due_at, CLOCKS)
                yield from _recorded(people, clocks, person_id, ring, plans)
        yield from _recorded(people, clocks, one.heard.person_id, TakeNote(one.heard, one.at, CLOCKS), plans)


def _recorded(
    people: dict[str, Person],
    clocks: dict[str, tuple[datetime, str]],
    person_id: str,
    command: Command,
    plans: Mapping[str, Plan],
) -> Iterator[tuple[datetime, Event]]:
    person = people.get(person_id) or initial(f"person-{person_id}")
    assert isinstance(command, TakeNote | PassDeadline)
    for event in decide(person, command, plans):
        person = evolve(person, event)
        yield command.now, event
        claim_id = getattr(event, "claim_id", None)
        if claim_id is not None:
            due_at = person.claim(claim_id).due_at
            # Rings once: a claim that waits for our own people is not denied by a clock, and pends again for ever.
            if (
                due_at is not None
                and not person.claim(claim_id).deadline_passed
                and event_type(event) == "ClaimPended"
            ):
                clocks[claim_id] = (due_at, person_id)
            else:
                clocks.pop(claim_id, None)
    people[person_id] = person


def write_history(directory: Path, told: Sequence[Told], plans: Mapping[str, Plan], shards: int = 2) -> Path:
    """The logs as an export has them; returns the directory."""
    _write(directory / "adjudication", "adjudication", decided(told, plans), shards)
    enrolled = (
        (one.at, one.heard) for one in told if isinstance(one.heard, CoverageActivated | CoverageLapsed)
    )
    _write(directory / "enrolment", "enrolment", enrolled, shards)
    return directory


def _write(directory: Path, source: str, events: Iterator[tuple[datetime, Event]], shards: int) -> None:
    directory.mkdir(parents=True)
    last: dict[int, Recorded] = {}
    versions: dict[str, int] = {}
    files = [(directory / f"{shard:04d}.ndjson").open("wb") for shard in range(shards)]
    for at, event in events:
        shard = shard_of(event.shard_key(), shards)
        previous = last.get(shard)
        position = previous.position + 1 if previous else 1
        stream_id = f"person-{event.shard_key()}"
        versions[stream_id] = versions.get(stream_id, 0) + 1
        recorded = Recorded(
            source=source,
            shard=shard,
            position=position,
            stream_id=stream_id,
            version=versions[stream_id],
            event_id=uuid5(_IDS, f"{source}/{shard}/{position}"),
            type=event_type(event),
            schema_version=event.schema_version,
            subject=event.subject(),
            recorded_at=at,
            caused_by=None,
            traceparent=None,
            body=encode(event),
            hash=GENESIS,
        )
        recorded = replace(recorded, hash=link(previous.hash if previous else GENESIS, recorded))
        last[shard] = recorded
        files[shard].write(to_json(recorded) + b"\n")
    for file in files:
        file.close()


def _coverage(rng: Random, insured: Insured) -> Iterator[Told]:
    coverage = insured.coverage
    person_id = _person_id(insured.person.id_number)
    coverage_id = str(uuid5(_IDS, person_id))
    enrolled_at = datetime.combine(coverage.covered_from, time(9), UTC) - timedelta(days=rng.randint(1, 60))
    if rng.random() < 0.03:
        enrolled_at += timedelta(days=200)  # heard of late: what was pended or denied is decided then
    known = coverage.model_dump(exclude={"account", "account_bank"})
    activated = CoverageActivated(
        person_id=person_id, coverage_id=coverage_id, enrolled_at=enrolled_at, identity=_SEALED, **known
    )
    yield Told(enrolled_at, activated)
    if rng.random() < 0.02:
        lapsed_on = coverage.covered_from + timedelta(days=rng.randint(90, 300))
        lapsed = CoverageLapsed(
            person_id=person_id, coverage_id=coverage_id, lapsed_on=lapsed_on, reason="moved away"
        )
        yield Told(datetime.combine(lapsed_on, time(9), UTC), lapsed)


def _claim(rng: Random, submission: Submission, number: str) -> Iterator[Told]:
    person_id = _person_id(submission.person.id_number)
    claim_id = str(uuid5(_IDS, number))
    at = datetime.combine(submission.visit.discharged_on, time(14), UTC)
    at += timedelta(days=rng.randint(20, 90) if rng.random() < 0.1 else 0, seconds=rng.randrange(20_000))
    filed = {
        "person_id": person_id,
        "claim_id": claim_id,
        "submission_id": submission.submission_id,
        "submission_digest": "0" * 64,
        "channel": "settlement_http",
        "visit": submission.visit,
        "settlement": submission.settlement,
        "lines": submission.lines,
        "one_stop": submission.one_stop,
        "identity": _SEALED,
        "medical": _SEALED,
    }
    yield Told(at, ClaimRegistered.model_validate({**filed, "received_at": at}))
    yield from _facts(rng, person_id, claim_id, at, 1)
    if rng.random() < 0.05:
        later = at + timedelta(days=rng.randint(1, 40))
        yield Told(later, ClaimCorrected.model_validate({**filed, "received_at": later, "revision": 2}))
        yield from _facts(rng, person_id, claim_id, later, 2)
    if rng.random() < 0.03:
        undone = at + timedelta(days=rng.randint(41, 80))
        reason, channel = "settlement_cancelled", "settlement_http"
        about = {"person_id": person_id, "claim_id": claim_id, "reason": reason, "channel": channel}
        yield Told(undone, ClaimWithdrawn.model_validate({**about, "received_at": undone}))


def _settled_by_centre(submission: Submission, plan_id: str) -> OneStopAmounts:
    """A third of what was left to the person, under the plan's first liability."""
    left_fen = submission.settlement.personal_total_fen
    part = (load_plans()[plan_id].liabilities[0].id, left_fen // 5, left_fen // 3)
    return one_stop_amounts(part, plan_id=plan_id)


def _facts(rng: Random, person_id: str, claim_id: str, at: datetime, revision: int) -> Iterator[Told]:
    who = {"person_id": person_id, "claim_id": claim_id, "revision": revision}
    seconds = timedelta(seconds=rng.randint(1, 20))
    if rng.random() < 0.04:
        given_up = {"reason": "timeout", "attempts": 3, "given_up_at": at + seconds}
        yield Told(at + seconds, RecordsUnavailable.model_validate({**who, **given_up}))
    else:
        provenance = Provenance(source="bureau", fetched_at=at, as_of=at, response_digest="0" * 64)
        found = {"provenance": provenance, "bureau_total_fen": 0, "bureau_fund_fen": 0, "records": _SEALED}
        matches = rng.random() > 0.02
        yield Told(
            at + seconds, RecordsAttached.model_validate({**who, **found, "settlement_matches": matches})
        )
    score = min(1_000, int(rng.expovariate(1 / 150)))
    asks = score >= THRESHOLD
    scored: dict[str, Any] = {
        "score": score,
        "outcome": "review" if asks else "clear",
        "reasons": (),
        "features": {},
        "rules_digest": "0" * 64,
        "threshold": THRESHOLD,
        "scored_at": at + seconds,
    }
    yield Told(at + 2 * seconds, ClaimScored.model_validate({**who, **scored}))
    if asks and rng.random() < 0.8:
        concluded = at + timedelta(hours=rng.randint(2, 100))
        verdict = {
            "review_id": f"r-{claim_id}",
            "verdict": "fraudulent" if rng.random() < 0.3 else "legitimate",
            "reviewer": "reviewer-7",
            "reason_code": "checked",
            "concluded_at": concluded,
        }
        yield Told(concluded, ReviewConcluded.model_validate({**who, **verdict}))


def _person_id(id_number: str) -> str:
    return "p_" + hashlib.sha256(id_number.encode()).hexdigest()[:32]
