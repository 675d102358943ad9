"""Where people ask something of a claim: the answer is the claim as it is then, and what has changed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Header, Path

from libs.eventlog import ConcurrencyConflict, EventLog
from libs.eventlog.stage import Stage
from libs.runtime.callers import ASKED_BY, CallerId
from libs.runtime.doors import INSIDE, Asking, named_truly
from libs.runtime.problems import Problem
from libs.runtime.staff import StaffMember
from services.adjudication.domain.authority import Authority
from services.adjudication.domain.commands import ByPeople, Clocks, Command
from services.adjudication.domain.state import Claim, Person
from services.adjudication.entrypoints.shown import changes_shown
from services.adjudication.errors import (
    AdjudicationError,
    AppealUnknown,
    AuthorityExceeded,
    ClaimUnknown,
    DifferenceUnknown,
    OwnRuling,
    RulingUnknown,
    SecondPersonNeeded,
)
from services.adjudication.use_cases.ask_of_claim import ask_of_claim

CLAIM_PATH = "/people/{person_id}/claims/{claim_id}"

PersonInPath = Annotated[str, Path(pattern=r"^p_[0-9a-f]{32}$")]
"""Anything else is refused before the database is asked, which does not take every text."""


def _asked_by(
    named: Annotated[CallerId | None, Header(alias=ASKED_BY)] = None, asks: Asking = INSIDE
) -> str | None:
    if named is not None:
        named_truly(asks, named)
    return named


AskedBy = Annotated[str | None, Depends(_asked_by)]
"""The hospital's caller that intake asks for, as it proved itself there; staff ask for nobody: Problem 403."""

_STATUS: dict[type[AdjudicationError], int] = {
    ClaimUnknown: 404,
    RulingUnknown: 404,
    AppealUnknown: 404,
    DifferenceUnknown: 404,
    SecondPersonNeeded: 403,
    AuthorityExceeded: 403,
    OwnRuling: 403,
}


@dataclass(frozen=True, slots=True)
class ClaimDesk:
    """What rulings and appeals need; `who` is the dependency that answers who asks."""

    log: EventLog
    stage: Stage[Person, Command]
    clocks: Clocks
    authority: Authority
    who: Callable[[str | None], StaffMember]

    async def ask(
        self, person_id: str, claim_id: str, command: Callable[[datetime], ByPeople]
    ) -> dict[str, Any]:
        """Decide the command. Problems: 403, 404, 409 with the refusal's code; 503 when the stream is busy."""
        try:
            events = await ask_of_claim(self.log, self.stage, person_id, command)
        except AdjudicationError as error:
            raise Problem(_STATUS.get(type(error), 409), error.code, str(error), str(error)) from None
        except ConcurrencyConflict as error:
            detail = "Other events about the person kept arriving. Nothing was recorded; send it again."
            raise Problem(
                503, error.code, "The claim is busy", detail, headers={"Retry-After": "1"}
            ) from None
        return {**await self.show(person_id, claim_id), "changes": changes_shown(events)}

    async def show(self, person_id: str, claim_id: str) -> dict[str, Any]:
        """The claim as it is. Problem 404 without one."""
        stream_id = f"person-{person_id}"
        async with self.log.pool.acquire() as connection:
            person = (await self.stage.states.load(connection, [stream_id]))[stream_id].state
        claim = person.claims.get(claim_id)
        if claim is None or claim.bill is None:
            raise Problem(404, "claim_unknown", "No such claim", f"The person has no claim {claim_id}.")
        return _shown(claim)


def _shown(claim: Claim) -> dict[str, Any]:
    return {
        "revision": claim.revision,
        "withdrawn": claim.withdrawn,
        "standing": claim.standing.model_dump(mode="json", exclude={"explanation"})
        if claim.standing
        else None,
        "decisions": claim.decisions,
        "pended": [reason.model_dump(mode="json") for reason in claim.pended],
        "ruling": claim.ruling.model_dump(mode="json") if claim.ruling else None,
        "proposed": [ruling.model_dump(mode="json") for ruling in claim.proposed.values()],
        "appeals_overdue": sorted(claim.appeals_overdue & claim.appeals.keys()),
        "appeals": [appeal.model_dump(mode="json") for appeal in claim.appeals.values()],
        "appeals_concluded": dict(claim.appeals_concluded),
        "one_stop_difference": claim.difference.model_dump(mode="json") if claim.difference else None,
        "one_stop_answer": claim.difference_answer.model_dump(mode="json")
        if claim.difference_answer
        else None,
    }
