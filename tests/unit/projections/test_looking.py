"""What is seen of a row, where policy and consents are asked of an enrolment that takes its time."""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import orjson

from libs.access import Reader, Records
from libs.access.policy_file import STANDARD, read_policy, rules_of
from libs.access.visible import Known
from libs.contracts.access import AccessPolicyAdopted, ConsentGiven, ConsentRevoked
from libs.eventlog import EventLog
from libs.runtime.readers import Asking
from services.projections.adapters.access_records import AccessRecords
from services.projections.use_cases.look import Limited

PERSON = f"p_{'a' * 32}"
START = datetime(2026, 3, 2, tzinfo=UTC)
ABOUT: dict[str, Any] = {
    "person_id": PERSON, "consent_id": "c", "purpose": "claim_detail", "recipient": "insurer:lead",
    "recorded_by": "desk",
}  # fmt: skip


def the_standard_policy() -> AccessPolicyAdopted:
    title, rules = rules_of(read_policy(STANDARD))
    return AccessPolicyAdopted(
        edition=1,
        title=title,
        effective_from=date(2026, 1, 1),
        rules=rules,
        adopted_by="li",
        adopted_at=START,
    )


@dataclass
class OneClaim:
    """The read model's database, with one claim in it, and its clock; `noted` has what was recorded."""

    now: datetime = START
    programmes: Sequence[str] = ()
    noted: list[Sequence[object]] = field(default_factory=list)

    @property
    def pool(self) -> "OneClaim":
        return self

    def clock(self) -> datetime:
        return self.now

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator["OneClaim"]:
        yield self

    async def fetch(self, query: str, claim_ids: Sequence[str]) -> list[dict[str, object]]:
        about = {
            "person_id": PERSON,
            "hospital_id": "H1",
            "insurers": ["lead"],
            "programmes": self.programmes,
        }
        return [{"claim_id": claim_id, **about} for claim_id in claim_ids]

    async def execute(self, query: str, *arguments: object) -> None:
        self.noted.append(arguments)


@dataclass
class SlowEnrolment:
    """Answers after a second, in which the consent was revoked."""

    database: OneClaim
    revoked: bool

    async def of(self, person_ids: Collection[str]) -> Records:
        given = ConsentGiven(**ABOUT, given_at=START)
        said: list[Known[Any]] = [Known(given, START, START)]
        if self.revoked:
            at = START + timedelta(seconds=0.5)
            said.append(Known(ConsentRevoked(**ABOUT, reason="revoked", revoked_at=at), at, at))
        self.database.now += timedelta(seconds=1)
        return Records([Known(the_standard_policy(), START, START)], {PERSON: said})


async def seen(*, revoked: bool) -> list[dict[str, Any]]:
    database = OneClaim()
    asking = Asking("lead-01", Reader("insurer", "lead"))
    records = cast("AccessRecords", SlowEnrolment(database, revoked))
    rows = await Limited(cast("EventLog", database), records, asking).seen(
        "claim_status", [{"claim_id": "c1", "bill_fen": 100, "score": 3}]
    )
    assert len(database.noted) == 1, "recorded, whatever is shown"
    return rows


@dataclass
class Enrolment:
    """Has the standard policy, and a person's consents."""

    said: list[Known[Any]] = field(default_factory=list)

    async def of(self, person_ids: Collection[str]) -> Records:
        return Records([Known(the_standard_policy(), START, START)], dict.fromkeys(person_ids, self.said))


def looking(database: OneClaim, reader: str, *, consents: Sequence[ConsentGiven] = ()) -> Limited:
    said = Enrolment([Known(given, START, START) for given in consents])
    asking = Asking("a-token", Reader.parse(reader))
    return Limited(cast("EventLog", database), cast("AccessRecords", said), asking)


def recorded(database: OneClaim) -> list[dict[str, Any]]:
    """Of the last question."""
    return cast("list[dict[str, Any]]", orjson.loads(cast("str", database.noted[-1][-1])))


async def test_nobody_learns_a_hidden_field_by_asking_for_its_values() -> None:
    database = OneClaim(programmes=["mine", "other"])
    consent = ConsentGiven(**ABOUT | {"purpose": "charity_aid", "recipient": "charity"}, given_at=START)
    look = looking(database, "charity:mine", consents=[consent])
    rows = [{"claim_id": "c1", "patient_fen": 100, "programmes": ["mine", "other"]}]
    shown = [{"claim_id": "c1", "patient_fen": 100}]
    assert await look.seen("charity_referral", rows, {"programmes": "mine"}) == shown
    assert await look.seen("charity_referral", rows, {"programmes": None}) == shown
    assert await look.seen("charity_referral", rows, {"claim_id": "c1"}) == shown
    assert await look.seen("charity_referral", rows, {"programmes": "other"}) == []
    assert [read["fields"] for read in recorded(database)] == [[]], "recorded as what it is: shown nothing"


async def test_a_regulator_finds_readings_by_party_and_not_by_claim_or_person() -> None:
    look = looking(OneClaim(), "regulator:desk")
    rows = [{"claim_id": "c1", "reader": "operator:li", "party": "operator", "view": "summary"}]
    shown = [{"party": "operator", "view": "summary"}]
    assert await look.seen("access_reading", rows, {"party": "operator", "reader": None}) == shown
    assert await look.seen("access_reading", rows, {"claim_id": "c1"}) == []
    assert await look.seen("access_reading", rows, {"reader": "operator:li"}) == []
    own = [{"claim_id": None, "reader": "regulator:desk", "party": "regulator:desk"}]
    assert await look.seen("access_reading", own, {"reader": "regulator:desk"}) == [
        {"party": "regulator:desk"}
    ]


async def test_prying_at_a_person_is_recorded_with_every_claim_that_was_refused() -> None:
    database = OneClaim()
    look = looking(database, f"patient:p_{'b' * 32}")
    rows = [{"claim_id": one, "person_id": PERSON} for one in ("c1", "c2")]
    assert await look.seen("patient_claim", rows, {"person_id": PERSON}) == []
    refused = [(read["claim_id"], read["person_id"], read["fields"]) for read in recorded(database)]
    assert refused == [("c1", PERSON, []), ("c2", PERSON, [])]
    assert await look.seen("patient_claim", rows) == []
    (read,) = recorded(database)
    assert read["claim_id"] is None, "a list that is not about anybody"


async def test_a_revocation_that_is_answered_while_enrolment_is_asked_holds() -> None:
    assert await seen(revoked=False) == [{"claim_id": "c1", "bill_fen": 100}]
    assert await seen(revoked=True) == []
