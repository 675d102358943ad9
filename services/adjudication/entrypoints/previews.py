"""What would happen, before it does: dry runs of submissions, and the cascade of corrections and withdrawals."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, ValidationError

from libs.benefits import BenefitsError, Case
from libs.contracts.adjudication import ClaimDenied
from libs.contracts.one_stop import OneStopAmounts
from libs.contracts.settlement import FeeLine, Settlement, Visit
from libs.eventlog import EventLog, Loaded
from libs.eventlog.readings import Reading, note_reading
from libs.eventlog.stage import Stage
from libs.runtime.doors import INSIDE, Asking, speaks_truly_for
from libs.runtime.problems import Problem
from services.adjudication.domain.circumstances import Circumstances
from services.adjudication.domain.commands import Clocks, Command
from services.adjudication.domain.decision import PlanBook
from services.adjudication.domain.grounds import Grounds, changed_grounds, grounds_of
from services.adjudication.domain.preview import (
    ASSUMED,
    ProposedBill,
    case_of_claim,
    changed_facts,
    if_filed,
    if_withdrawn,
)
from services.adjudication.domain.state import Person
from services.adjudication.entrypoints.claim_desk import CLAIM_PATH, AskedBy, PersonInPath
from services.adjudication.entrypoints.shown import changes_shown, outcome_shown


class BillBody(BaseModel):
    """A bill in the national fields, as intake publishes it."""

    model_config = ConfigDict(extra="forbid")

    visit: Visit
    settlement: Settlement
    lines: tuple[FeeLine, ...] = ()
    one_stop: OneStopAmounts | None = None


class DryRunMade(BaseModel):
    """What an earlier dry run answered, or of it what a hospital was told; the rest may come along."""

    case: Case | None = None
    rests_on: Grounds | None = None
    outcome: dict[str, Any] | None = None


def previews_router(
    log: EventLog, stage: Stage[Person, Command], plans: PlanBook, clocks: Clocks
) -> APIRouter:
    """`/people/{person_id}/claims/{claim_id}` with `/dry-run`, `/dry-run/comparison` and `/withdrawal-preview`."""
    router = APIRouter(tags=["previews"], dependencies=[INSIDE])

    async def load(person_id: str) -> Loaded[Person]:
        stream_id = f"person-{person_id}"
        async with log.pool.acquire() as connection:
            return (await stage.states.load(connection, [stream_id]))[stream_id]

    async def person_of(person_id: str) -> Person:
        return (await load(person_id)).state

    def around() -> Circumstances:
        return Circumstances(log.clock(), clocks, plans)

    async def noted(person_id: str, reader: str, why: str, *, proven: bool) -> None:
        """The answer tells balances and coverage of the person: whoever asks is recorded as one who read.

        `proven`: a service of ours that has proved itself says for whom it asks, who has proved that to it.
        """
        about = f"person-{person_id}"
        async with log.pool.acquire() as connection:
            await note_reading(connection, Reading(log.clock(), reader, about, "dry-run", why, proven))

    @router.post(CLAIM_PATH + "/dry-run")
    async def dry_run(
        person_id: PersonInPath,
        claim_id: str,
        body: BillBody,
        asked_by: AskedBy = None,
        service: Asking = INSIDE,
    ) -> dict[str, Any]:
        """What filing this bill would lead to, or correcting the claim to it: every claim that moves.

        No event is recorded; that the hospital has looked is, and by which of its callers.

        `outcome` is the claim's own; `assumed` is taken for granted; `rests_on` and `case` are for a later comparison.
        `as_of_version` is how many events of the person were known.
        """
        why = f"bill of {claim_id}" if asked_by is None else f"bill of {claim_id}, asked by {asked_by}"
        await noted(person_id, body.visit.hospital_id, why, proven=speaks_truly_for(service, asked_by))
        bill = ProposedBill(body.visit, body.settlement, body.lines, body.one_stop)
        return _filed(await load(person_id), claim_id, bill, around())

    @router.post(CLAIM_PATH + "/dry-run/comparison")
    async def compare(
        person_id: PersonInPath,
        claim_id: str,
        made: DryRunMade,
        asked_by: AskedBy = None,
        service: Asking = INSIDE,
    ) -> dict[str, Any]:
        """Whether the claim stands on the facts of an earlier dry run, and otherwise which of them have changed."""
        reader = asked_by or f"who has a dry run of {claim_id}"
        await noted(person_id, reader, "comparison", proven=speaks_truly_for(service, asked_by))
        return _compared(await person_of(person_id), claim_id, made, around())

    @router.post(CLAIM_PATH + "/withdrawal-preview")
    async def withdrawal(person_id: PersonInPath, claim_id: str) -> dict[str, Any]:
        """What withdrawing the claim would take back, and which other claims it would move. Records nothing."""
        person = await person_of(person_id)
        if person.claim(claim_id).bill is None:
            raise Problem(404, "claim_unknown", "No such claim", f"The person has no claim {claim_id}.")
        return {"changes": changes_shown(if_withdrawn(person, claim_id, around()))}

    return router


@contextmanager
def _evaluable() -> Iterator[None]:
    """A bill that contradicts itself is a problem 422, and none of it gets into a log."""
    try:
        yield
    except BenefitsError as error:
        raise Problem(422, error.code, "The bill cannot be evaluated", str(error)) from None
    except ValidationError as error:
        detail = "; ".join(fault["msg"] for fault in error.errors(include_input=False, include_context=False))
        raise Problem(422, "not_evaluable", "The bill cannot be evaluated", detail) from None


def _filed(known: Loaded[Person], claim_id: str, bill: ProposedBill, around: Circumstances) -> dict[str, Any]:
    with _evaluable():
        foreseen = if_filed(known.state, claim_id, bill, around)
        case = case_of_claim(foreseen.person, claim_id, around)
        grounds = grounds_of(foreseen.person, claim_id, around)
    return {
        "revision": known.state.claim(claim_id).revision + 1,
        "assumed": list(ASSUMED),
        "as_of_version": known.version,
        "outcome": outcome_shown(foreseen.person.claim(claim_id)),
        "changes": changes_shown(foreseen.followed),
        "rests_on": grounds.model_dump(mode="json") if grounds else None,
        "case": case.model_dump(mode="json") if case else None,
    }


def _compared(person: Person, claim_id: str, made: DryRunMade, around: Circumstances) -> dict[str, Any]:
    claim = person.claim(claim_id)
    if claim.standing is None:
        detail = "The claim is not decided; compare when it is."
        raise Problem(409, "not_decided", "There is no decision to compare with", detail)
    with _evaluable():
        changed = _changed(person, claim_id, made, around)
    if isinstance(claim.standing, ClaimDenied):
        changed.append(f"denied: {claim.standing.reason}")
    return {"same": not changed, "changed": changed, "then": made.outcome, "now": outcome_shown(claim)}


def _changed(person: Person, claim_id: str, made: DryRunMade, around: Circumstances) -> list[str]:
    """By the whole case when the dry run's is there; otherwise by what was told of it."""
    case, grounds = case_of_claim(person, claim_id, around), grounds_of(person, claim_id, around)
    if (made.case is None and made.rests_on is None) or case is None or grounds is None:
        return [] if made.case is case and made.rests_on is grounds else ["coverage"]
    changed = changed_grounds(made.rests_on, grounds) if made.rests_on else []
    if made.case is None:
        return changed
    outside = [name for name in changed if name in ("coverage", "plan", "program")]
    return [*outside, *changed_facts(made.case, case)]
