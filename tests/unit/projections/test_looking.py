"""What is seen of a row, where policy and consents are asked of an enrolment that takes its time."""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

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


@dataclass
class OneClaim:
    """The read model's database, with one claim in it, and its clock; `noted` has what was recorded."""

    now: datetime = START
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
        about = {"person_id": PERSON, "hospital_id": "H1", "insurers": ["lead"], "programmes": []}
        return [{"claim_id": claim_id, **about} for claim_id in claim_ids]

    async def execute(self, query: str, *arguments: object) -> None:
        self.noted.append(arguments)


@dataclass
class SlowEnrolment:
    """Answers after a second, in which the consent was revoked."""

    database: OneClaim
    revoked: bool

    async def of(self, person_ids: Collection[str]) -> Records:
        title, rules = rules_of(read_policy(STANDARD))
        policy = AccessPolicyAdopted(
            edition=1,
            title=title,
            effective_from=date(2026, 1, 1),
            rules=rules,
            adopted_by="li",
            adopted_at=START,
        )
        given = ConsentGiven(**ABOUT, given_at=START)
        said: list[Known[Any]] = [Known(given, START, START)]
        if self.revoked:
            at = START + timedelta(seconds=0.5)
            said.append(Known(ConsentRevoked(**ABOUT, reason="revoked", revoked_at=at), at, at))
        self.database.now += timedelta(seconds=1)
        return Records([Known(policy, START, START)], {PERSON: said})


async def seen(*, revoked: bool) -> list[dict[str, Any]]:
    database = OneClaim()
    asking = Asking("lead-01", Reader("insurer", "lead"))
    records = cast("AccessRecords", SlowEnrolment(database, revoked))
    rows = await Limited(cast("EventLog", database), records, asking).seen(
        "claim_status", [{"claim_id": "c1", "bill_fen": 100, "score": 3}]
    )
    assert len(database.noted) == 1, "recorded, whatever is shown"
    return rows


async def test_a_revocation_that_is_answered_while_enrolment_is_asked_holds() -> None:
    assert await seen(revoked=False) == [{"claim_id": "c1", "bill_fen": 100}]
    assert await seen(revoked=True) == []
