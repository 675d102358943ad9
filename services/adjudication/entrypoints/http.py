"""What adjudication answers: the plans it decides by, a person's balances, an estimate that writes nothing."""

from typing import Any

from fastapi import APIRouter

from libs.benefits import BenefitsError, Case, evaluate
from libs.eventlog import EventLog
from libs.eventlog.stage import Stage
from libs.runtime.doors import STAFF
from libs.runtime.problems import Problem
from services.adjudication.adapters import deadlines, overdue_appeals
from services.adjudication.domain.balances import by_year
from services.adjudication.domain.commands import Command
from services.adjudication.domain.decision import PlanBook
from services.adjudication.domain.state import Person
from services.adjudication.entrypoints.claim_desk import PersonInPath

FAILING_SHOWN = 200
OVERDUE_SHOWN = 200


def adjudication_router(log: EventLog, stage: Stage[Person, Command], plans: PlanBook) -> APIRouter:
    """`/plans`, `/people/{person_id}/balances`, `/estimate/{plan_id}`, `/deadlines/failing`, `/appeals/overdue`."""
    router = APIRouter(tags=["adjudication"], dependencies=[STAFF])

    @router.get("/plans")
    async def list_plans() -> list[dict[str, str]]:
        """The plans in force here, with the digest that decisions cite."""
        return [
            {"id": plan.id, "name_zh": plan.name.zh, "name_en": plan.name.en, "digest": plan.digest}
            for plan in plans.values()
        ]

    @router.get("/people/{person_id}/balances")
    async def balances(person_id: PersonInPath) -> list[dict[str, Any]]:
        """Deductibles and caps that the standing decisions have used, per plan and benefit year."""
        stream_id = f"person-{person_id}"
        async with log.pool.acquire() as connection:
            person = (await stage.states.load(connection, [stream_id]))[stream_id].state
        return [
            {"plan_id": plan_id, "benefit_year": year, **usage.model_dump(mode="json")}
            for (plan_id, year), usage in by_year(decision for _, decision in person.adjudicated()).items()
        ]

    @router.post("/estimate/{plan_id}")
    async def estimate(plan_id: str, case: Case) -> dict[str, Any]:
        """What a plan would pay for a hypothetical case. Nothing is recorded."""
        plan = plans.get(plan_id)
        if plan is None:
            raise Problem(404, "plan_unknown", "No such plan", f"No plan has the id {plan_id!r}; see /plans.")
        try:
            return evaluate(plan, case).as_json()
        except BenefitsError as error:
            raise Problem(422, error.code, "The case cannot be evaluated", str(error)) from None

    @router.get("/deadlines/failing")
    async def failing_deadlines() -> list[dict[str, object]]:
        """Claims whose clock has rung and could not be heard, with the failure's code."""
        async with log.pool.acquire() as connection:
            return await deadlines.failing(connection, FAILING_SHOWN)

    @router.get("/appeals/overdue")
    async def appeals_overdue() -> list[dict[str, object]]:
        """Appeals whose time is over and which nobody has answered, the longest overdue first."""
        async with log.pool.acquire() as connection:
            return await overdue_appeals.overdue(connection, OVERDUE_SHOWN)

    return router
