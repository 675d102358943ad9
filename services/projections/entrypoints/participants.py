"""What each participant may ask of the read models. Nothing here names a person: pseudonyms only."""

from typing import Any

from fastapi import APIRouter, Depends

from services.projections.entrypoints.asking import NEWEST_FIRST, Limit, LookOf
from services.projections.use_cases.look import Look


def patients_and_providers(look_of: LookOf) -> APIRouter:
    """`/people/{id}/…`, `/hospitals…`, `/charity`."""
    router = APIRouter()
    mine = Depends(look_of)

    @router.get("/hospitals/{hospital_id}/claims")
    async def hospital(hospital_id: str, limit: Limit = 100, look: Look = mine) -> list[dict[str, Any]]:
        """A hospital's claims, newest first."""
        view, query = "hospital_claim", f"where hospital_id = $1 {NEWEST_FIRST} limit $2"
        return await look.rows(view, query, hospital_id, limit, sought={"hospital_id": hospital_id})

    @router.get("/people/{person_id}/claims")
    async def patient(person_id: str, limit: Limit = 100, look: Look = mine) -> list[dict[str, Any]]:
        """A person's claims, newest first."""
        view, query = "patient_claim", f"where person_id = $1 {NEWEST_FIRST} limit $2"
        return await look.rows(view, query, person_id, limit, sought={"person_id": person_id})

    @router.get("/charity")
    async def charity(
        programme: str | None = None, limit: Limit = 100, look: Look = mine
    ) -> list[dict[str, Any]]:
        """Referred claims, newest first; those of a programme when given."""
        query = "where $1::text is null or $1 = any (programmes) order by referred_at desc limit $2"
        return await look.rows("charity_referral", query, programme, limit, sought={"programmes": programme})

    @router.get("/people/{person_id}/owed")
    async def owed(person_id: str, look: Look = mine) -> list[dict[str, Any]]:
        """What a person is still to get, since when, and why not yet."""
        query = "where person_id = $1 order by since"
        return await look.rows("patient_owed", query, person_id, sought={"person_id": person_id})

    @router.get("/hospitals")
    async def hospitals(limit: Limit = 1_000, look: Look = mine) -> list[dict[str, Any]]:
        """Per hospital: claims, decisions, money, median time to a decision."""
        return await look.rows("hospital_summary", "order by hospital_id limit $1", limit)

    @router.get("/people/{person_id}/clawbacks")
    async def owing(person_id: str, look: Look = mine) -> list[dict[str, Any]]:
        """What a person owes or owed the pool."""
        query = "where person_id = $1 order by raised_at"
        return await look.rows("patient_owing", query, person_id, sought={"person_id": person_id})

    return router


def insurers_and_regulator(look_of: LookOf) -> APIRouter:
    """`/insurers…`, `/regulator…`."""
    router = APIRouter()
    mine = Depends(look_of)

    @router.get("/insurers")
    async def insurers(look: Look = mine) -> list[dict[str, Any]]:
        """Per plan: claims, decisions, money."""
        return await look.rows("insurer_plan", "order by plan_id")

    @router.get("/insurers/bearing")
    async def bearing(insurer: str | None = None, look: Look = mine) -> list[dict[str, Any]]:
        """What each insurer of each plan's pool bears: awarded by all decisions, reversed, and left."""
        view, query = "insurer_bearing", "where $1::text is null or insurer = $1"
        return await look.rows(
            view, f"{query} order by plan_id, insurer", insurer, sought={"insurer": insurer}
        )

    @router.get("/insurers/{insurer}/shares")
    async def shares(
        insurer: str,
        plan_id: str | None = None,
        limit: Limit = 100,
        after: str = "",
        look: Look = mine,
    ) -> list[dict[str, Any]]:
        """An insurer's own part of every decision, those that were reversed too, by decision id.

        `after`: the last decision id of the page before. The sum of `bears_fen` is what `/insurers/bearing` says.
        """
        view, query = "insurer_share", "where insurer = $1 and ($2::text is null or plan_id = $2)"
        return await look.rows(
            view,
            f"{query} and decision_id > $3 order by decision_id limit $4",
            insurer,
            plan_id,
            after,
            limit,
            sought={"insurer": insurer, "plan_id": plan_id, "decision_id": after or None},
        )

    @router.get("/regulator/decisions")
    async def decisions(limit: Limit = 366, look: Look = mine) -> list[dict[str, Any]]:
        """Decisions per plan and day: how many, how many without a person, how fast; newest first."""
        return await look.rows("regulator_decision", "order by day desc, plan_id limit $1", limit)

    @router.get("/regulator")
    async def regulator(look: Look = mine) -> list[dict[str, Any]]:
        """Who bears what, per plan."""
        return await look.rows("regulator_bearing", "order by plan_id, bearer")

    return router


def operators(look_of: LookOf) -> APIRouter:
    """`/operator…`."""
    router = APIRouter()
    mine = Depends(look_of)

    @router.get("/operator/clawbacks")
    async def clawbacks(limit: Limit = 100, look: Look = mine) -> list[dict[str, Any]]:
        """What people owe, the oldest first."""
        return await look.rows("operator_clawback", "order by raised_at limit $1", limit)

    @router.get("/operator/pended-decided")
    async def pended_decided(limit: Limit = 100, look: Look = mine) -> list[dict[str, Any]]:
        """Claims that wait to be decided anew while their decision stands."""
        return await look.rows("operator_pended_decided", "order by pended_at limit $1", limit)

    @router.get("/operator/without-records")
    async def without_records(limit: Limit = 100, look: Look = mine) -> list[dict[str, Any]]:
        """Decisions made in the bureau's absence that were not looked at with its records yet."""
        return await look.rows("operator_without_records", "order by decided_at limit $1", limit)

    @router.get("/operator/todo")
    async def todo(
        owner: str | None = None, after: int = 0, limit: Limit = 1_000, look: Look = mine
    ) -> list[dict[str, Any]]:
        """What waits for a person, by its owner: what is due first, then what has no clock, the oldest first."""
        query = (
            "where $1::text is null or owner = $1"
            " order by due_at nulls last, since, claim_id, what offset $2 limit $3"
        )
        return await look.rows("operator_todo", query, owner, after, limit, sought={"owner": owner})

    @router.get("/operator/waiting")
    async def waiting(look: Look = mine) -> list[dict[str, Any]]:
        """What waits for a decision, by why, the longest wait first."""
        return await look.rows("operator_waiting", "order by oldest_received_at")

    @router.get("/operator")
    async def operator(limit: Limit = 100, look: Look = mine) -> list[dict[str, Any]]:
        """Claims without a decision, the oldest first."""
        return await look.rows("operator_open_claim", "order by received_at limit $1", limit)

    return router
