"""Reading by the policy: what each participant sees, what a revoked consent hides, and what stays on record."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast
from urllib.parse import urlencode
from uuid import uuid4

import asyncpg
import httpx2
import pytest
from fastapi import FastAPI

from libs.access import VIEWS, Reader, read_policy, read_records, rules_of, visible
from libs.access.policy_file import STANDARD
from libs.contracts.access import ConsentGiven, ConsentRevoked
from libs.contracts.adjudication import PoolShare
from libs.eventlog import Append, EventLog
from libs.eventlog.database import open_pool
from libs.runtime.problems import install_problems
from libs.runtime.readers import ReaderFile
from libs.runtime.staff import token_hash
from libs.testing.staff import a_staff, shown_by
from services.enrolment.entrypoints.access import access_router
from services.enrolment.use_cases.access_records import AccessRecords as OfEnrolment
from services.enrolment.use_cases.adopt_policy import AdoptPolicy
from services.projections.adapters.access_reads import facts_of_claims
from services.projections.adapters.access_records import AccessRecords
from services.projections.entrypoints.asking import limited, unlimited
from services.projections.entrypoints.http import projections_router
from tests.integration.projections.claim_logs import SHARDS, following, open_logs
from tests.unit.payout.decisions import PERSON
from tests.unit.projections.told_claims import Story, a_paid_claim, the_decision

HOSPITAL = "H44010000001"
READERS = {
    "the-patient": f"patient:{PERSON}",
    "another-patient": "patient:p_" + "c" * 32,
    "the-hospital": f"hospital:{HOSPITAL}",
    "another-hospital": "hospital:H2",
    "picc": "insurer:picc",
    "cpic": "insurer:cpic",
    "other-insurer": "insurer:other",
    "a-charity": "charity:poverty-relief",
    "the-regulator": "regulator:desk",
}
START = datetime(2026, 3, 20, 1, 0, tzinfo=UTC)


@dataclass
class City:
    """Enrolment and projections in this process, and a clock that moves a minute with everything that is done."""

    enrolment: EventLog
    projections: EventLog
    answering: FastAPI
    client: httpx2.AsyncClient
    now: datetime = START
    versions: dict[str, int] = field(default_factory=dict)

    def clock(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now

    async def adopt(self, effective_from: date = date(2026, 3, 1)) -> None:
        title, rules = rules_of(read_policy(STANDARD))
        await AdoptPolicy(self.enrolment).adopt(title, rules, effective_from, "wang")

    async def say(self, event: ConsentGiven | ConsentRevoked) -> None:
        stream = f"person-{PERSON}"
        version = self.versions.get(stream, 0)
        async with self.enrolment.transaction() as work:
            work.append(Append(stream, version, [event]))
        self.versions[stream] = version + 1

    async def consent(self, purpose: str = "claim_detail", recipient: str = "insurer:picc") -> ConsentGiven:
        given = ConsentGiven(
            person_id=PERSON, consent_id=f"{purpose}-{recipient}", purpose=purpose, recipient=recipient,
            given_at=self.now, recorded_by="desk",
        )  # fmt: skip
        await self.say(given)
        return given

    async def revoke(self, given: ConsentGiven) -> None:
        about = given.model_dump(include={"person_id", "consent_id", "purpose", "recipient", "recorded_by"})
        await self.say(ConsentRevoked(**about, reason="revoked", revoked_at=self.now))

    async def ask(self, path: str, by: str | None) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {by}"} if by else {}
        return await self.client.get(path, headers=shown_by(by) if by == "op-1" else headers)

    async def seen(self, path: str, by: str) -> list[dict[str, Any]]:
        return cast("list[dict[str, Any]]", (await self.ask(path, by)).raise_for_status().json())


def shared() -> Story:
    """Paid, borne by two insurers, and referred to two programmes, of which one is called poverty-relief."""
    shares = (
        PoolShare(insurer="picc", share_bp=6_000, amount_fen=360_00),
        PoolShare(insurer="cpic", share_bp=4_000, amount_fen=240_00),
    )
    story = a_paid_claim()
    referrals = [
        story["charity"][0].model_copy(update={"programme_id": "poverty-relief"}),
        *story["charity"][1:],
    ]
    decision = the_decision().model_copy(update={"pool_shares": shares})
    return {**story, "adjudication": [*story["adjudication"][:2], decision], "charity": referrals}


@pytest.fixture
async def city(database: str) -> AsyncIterator[City]:
    """With one claim, `paid`, and no policy yet."""
    async with AsyncExitStack() as stack:
        logs = await stack.enter_async_context(open_logs(database))
        live = await stack.enter_async_context(following(database))
        await logs.tell_story("paid", shared())
        await live.follow()
        pool = await open_pool(database, "enrolment", size=2)
        stack.push_async_callback(pool.close)
        enrolment_app, app = FastAPI(), FastAPI()

        def clock() -> datetime:
            return made.clock()

        enrolment = EventLog(pool, "enrolment", SHARDS, clock, uuid4)
        projections = EventLog(live.log.pool, "projections", SHARDS, clock, uuid4)
        client = await stack.enter_async_context(_client(app))
        made = City(enrolment, projections, enrolment_app, client)
        await enrolment.prepare()
        enrolment_app.include_router(access_router(AdoptPolicy(enrolment), OfEnrolment(enrolment), a_staff()))
        records = AccessRecords(await stack.enter_async_context(_client(enrolment_app)), "http://test")
        install_problems(app)
        entries = [
            {"id": name, "reads_as": who, "token_sha256": token_hash(name)} for name, who in READERS.items()
        ]
        readers = ReaderFile.model_validate({"readers": entries})
        app.include_router(projections_router(projections, limited(projections, readers, a_staff(), records)))
        yield made


def _client(app: FastAPI) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://test")


async def test_each_sees_its_own_and_nothing_of_others(city: City) -> None:
    await city.adopt()
    hospital, patient = f"/hospitals/{HOSPITAL}/claims", f"/people/{PERSON}/claims"
    assert [row["claim_id"] for row in await city.seen(hospital, "the-hospital")] == ["paid"]
    assert await city.seen(hospital, "another-hospital") == []
    assert [row["claim_id"] for row in await city.seen(patient, "the-patient")] == ["paid"]
    assert await city.seen(patient, "another-patient") == []
    assert [row["insurer"] for row in await city.seen("/insurers/bearing", "picc")] == ["picc"]
    assert [row["share_fen"] for row in await city.seen("/insurers/picc/shares", "picc")] == [360_00]
    assert await city.seen("/insurers/cpic/shares", "picc") == [], "of the same claim, and another's part"
    assert [row["hospital_id"] for row in await city.seen("/hospitals", "the-regulator")] == [HOSPITAL]
    assert [row["claim_id"] for row in await city.seen("/claims", "op-1")] == ["paid"]
    assert (await city.ask("/", "op-1")).status_code == 200


async def test_who_is_not_shown_something_learns_nothing_of_it(city: City) -> None:
    assert (await city.ask("/claims/paid", "picc")).status_code == 403, (
        "nobody sees anything without a policy"
    )
    await city.adopt()
    assert (await city.ask("/claims/paid", None)).status_code == 401
    assert (await city.ask("/claims/paid", "nobody")).status_code == 401
    assert (await city.ask("/claims/paid", "the-hospital")).status_code == 403
    there, not_there = await city.ask("/claims/paid", "picc"), await city.ask("/claims/none", "picc")
    assert there.status_code == not_there.status_code == 404
    assert there.json() | {"instance": ""} == not_there.json() | {"instance": ""}
    refused = await city.seen("/access/readings?claim_id=paid&reader=insurer:picc", "op-1")
    assert [(row["fields"], row["shown_by"]) for row in refused] == [([], "picc")] * 2
    city.answering.router.routes.clear()
    unanswered = await city.ask("/claims", "op-1")
    assert (unanswered.status_code, unanswered.headers["retry-after"]) == (503, "1"), "enrolment cannot say"


async def test_a_charity_sees_by_consent_only_and_never_another_charitys_name(city: City) -> None:
    await city.adopt()
    assert await city.seen("/charity", "a-charity") == []
    await city.consent("charity_aid", "charity")
    (row,) = await city.seen("/charity?programme=poverty-relief", "a-charity")
    assert row["claim_id"] == "paid"
    assert "programmes" not in row
    (other,) = {programme for of in await city.seen("/charity", "op-1") for programme in of["programmes"]} - {
        "poverty-relief"
    }
    assert await city.seen(f"/charity?programme={other}", "a-charity") == [], "nor by asking for it"
    assert len(await city.seen(f"/charity?programme={other}", "op-1")) == 1


async def test_readings_are_found_by_what_is_shown_of_them_and_until_a_moment(city: City) -> None:
    await city.adopt()
    await city.ask("/claims/paid", "op-1")
    (by_staff,) = await city.seen("/access/readings?reader=operator:op-1", "op-1")
    *_, shown = await city.seen("/access/readings?claim_id=paid&party=operator", "the-patient")
    assert (shown["party"], shown["view"]) == ("operator", "claim_status"), "and not who of the staff"
    for hidden in ("claim_id=paid", "reader=operator:op-1"):
        assert await city.seen(f"/access/readings?{hidden}", "the-regulator") == []
    assert await city.seen("/access/readings?party=operator", "the-regulator")
    until = urlencode({"until": by_staff["read_at"]})
    assert await city.seen(f"/access/readings?{until}", "op-1") == [by_staff], (
        "what was read later is left out"
    )
    assert (await city.ask("/access/readings?until=2026-03-20T01:00:00", "op-1")).status_code == 422


async def test_a_revoked_consent_hides_later_reads_and_nothing_of_what_was_read(city: City) -> None:
    await city.adopt()
    given = await city.consent()
    shown = (await city.ask("/claims/paid", "picc")).raise_for_status().json()
    assert shown["bill_fen"] and "score" not in shown and "steps" not in shown
    assert (await city.ask("/claims/paid", "cpic")).status_code == 404, "the consent names another insurer"
    await city.revoke(given)
    assert (await city.ask("/claims/paid", "picc")).status_code == 404
    assert await city.seen("/insurers/picc/shares", "picc"), "what needs no consent stays"
    audit = await city.seen("/access/readings?claim_id=paid", "the-patient")
    read = [(row["party"], row["view"], bool(row["fields"]), row["consents"]) for row in reversed(audit)]
    assert read == [
        ("insurer:picc", "claim_status", True, [given.consent_id]),
        ("insurer:cpic", "claim_status", False, []),
        ("insurer:picc", "claim_status", False, []),
        ("insurer:picc", "insurer_share", True, []),
    ]
    assert all(row.keys().isdisjoint({"reader", "shown_by"}) for row in audit), "who of its people is its own"
    for change in ("update access_read set reader = 'x'", "delete from access_read", "truncate access_read"):
        with pytest.raises(asyncpg.RaiseError, match="never changed"):
            await city.projections.pool.execute(change)


async def test_every_reading_on_record_is_what_a_replay_says_could_be_seen_then(city: City) -> None:
    await city.adopt()
    given = await city.consent()
    for step in (
        None,
        city.revoke(given),
        city.consent("claim_detail", "insurer"),
        city.adopt(date(2026, 3, 10)),
    ):
        if step is not None:
            await step
        for by in ("picc", "other-insurer", "op-1"):
            await city.ask("/claims/paid", by)
    rows = await city.projections.pool.fetch(
        "select * from access_reading where view = 'claim_status' order by id"
    )
    assert len(rows) == 12
    records = read_records(await OfEnrolment(city.enrolment).of([PERSON]))
    async with city.projections.pool.acquire() as connection:
        facts = (await facts_of_claims(connection, ["paid"]))["paid"]
    for row in rows:
        then = visible(
            records.policies,
            records.consents[PERSON],
            facts,
            Reader.parse(row["reader"]),
            row["read_at"],
            row["read_at"],
        ).get("claim_status")
        assert bool(row["fields"]) is (then is not None)
        if then is not None:
            assert set(row["fields"]) == then.fields
            assert (row["edition"], tuple(row["consents"])) == (then.edition, then.consents)


async def test_a_policy_speaks_of_the_views_as_they_are(city: City) -> None:
    for view in sorted(set(VIEWS) - {"summary"}):
        row = await city.projections.pool.fetchrow(
            f"select * from (select 1) as one left join {view} on true limit 1"
        )
        assert row is not None
        parts = {"decisions", "payments", "clawbacks", "steps"} if view == "claim_status" else set()
        assert set(VIEWS[view]) - parts == set(row.keys()) - {"?column?", "id"}, view
    await city.adopt()
    assert set((await city.ask("/claims/paid", "op-1")).json()) == set(VIEWS["claim_status"])
    assert set((await city.ask("/summary", "op-1")).json()) == set(VIEWS["summary"])


async def test_where_no_readers_are_named_everybody_sees_everything_and_nothing_is_recorded(
    city: City,
) -> None:
    app = FastAPI()
    app.include_router(projections_router(city.projections, unlimited(city.projections)))
    async with _client(app) as client:
        whole = (await client.get("/claims/paid")).raise_for_status().json()
        assert whole["decisions"] and whole["steps"] and whole["payments"]
        assert (await client.get("/summary")).raise_for_status().json()["claims"] == 1
    assert await city.projections.pool.fetchval("select count(*) from access_read") == 0
