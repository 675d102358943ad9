"""The operator's list of what the insurance centre settled otherwise than we evaluate it, and what it is owed."""

from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends

from libs.runtime.problems import Problem
from services.projections.entrypoints.asking import Limit, LookOf
from services.projections.use_cases.look import Look

Standing = Literal["open", "accepted", "disputed"]


def one_stop_list(look_of: LookOf) -> APIRouter:
    """`/operator/one-stop…`, `/operator/centre-clearing`."""
    router = APIRouter()
    mine = Depends(look_of)

    @router.get("/operator/one-stop")
    async def one_stop(
        plan_id: str | None = None,
        standing: Standing | None = None,
        limit: Limit = 100,
        look: Look = mine,
    ) -> list[dict[str, Any]]:
        """Where the insurance centre's amounts differ from our evaluation now, the largest difference first."""
        view, query = "operator_one_stop", "where ($1::text is null or plan_id = $1)"
        ordered = "order by abs(difference_fen) desc, found_at, difference_id limit $3"
        query = f"{query} and ($2::text is null or standing = $2) {ordered}"
        sought = {"plan_id": plan_id, "standing": standing}
        return await look.rows(view, query, plan_id, standing, limit, sought=sought)

    @router.get("/operator/one-stop/totals")
    async def one_stop_totals(look: Look = mine) -> list[dict[str, Any]]:
        """The same in sums, by plan, mode and what was answered."""
        return await look.rows("operator_one_stop_total", "order by plan_id, mode, standing")

    @router.get("/operator/one-stop/{difference_id}")
    async def one_difference(difference_id: UUID, look: Look = mine) -> dict[str, Any]:
        """A difference with its answer, also one that has ended."""
        view, one = "one_stop_difference", str(difference_id)
        found = await look.rows(view, "where difference_id = $1", one, sought={"difference_id": one})
        if not found:
            raise Problem(
                404, "difference_unknown", "No such difference", f"No difference is {difference_id}."
            )
        return found[0]

    @router.get("/operator/centre-clearing")
    async def clearing(look: Look = mine) -> list[dict[str, Any]]:
        """What the pool owes the insurance centre, by plan and the month of the decision."""
        return await look.rows("centre_clearing", "order by plan_id, month")

    return router
