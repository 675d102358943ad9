"""What payout answers: the ledger's balances, and what the bank said that fits no payment."""

from typing import Any

from fastapi import APIRouter

from libs.eventlog import EventLog
from libs.runtime.doors import OPERATOR, STAFF
from libs.runtime.problems import Problem
from services.payout.use_cases.skip_answer import skip_answer


def payout_router(log: EventLog) -> APIRouter:
    """`/ledger`, `/payments/counts`, `/unmatched`, `/answers/{position}/skip`."""
    router = APIRouter(tags=["payout"], dependencies=[STAFF])

    @router.get("/ledger")
    async def ledger() -> dict[str, Any]:
        """Balance of every account in fen, debit positive; all of them sum to zero."""
        async with log.pool.acquire() as connection:
            rows = await connection.fetch(
                "select account, sum(amount_fen)::bigint as balance_fen from posting group by account order by account"
            )
        balances = {row["account"]: row["balance_fen"] for row in rows}
        return {"balances_fen": balances, "sum_fen": sum(balances.values())}

    @router.get("/payments/counts")
    async def counts() -> dict[str, int]:
        """Payments by status."""
        async with log.pool.acquire() as connection:
            rows = await connection.fetch("select status, count(*) as payments from payment group by status")
        return {row["status"]: row["payments"] for row in rows}

    @router.get("/unmatched")
    async def unmatched() -> list[dict[str, Any]]:
        """Entries of the bank's that a person has to look at, newest first."""
        async with log.pool.acquire() as connection:
            rows = await connection.fetch("select * from unmatched order by position desc, entry limit 200")
        return [dict(row) for row in rows]

    @router.post("/answers/{position}/skip", dependencies=[OPERATOR])
    async def skip(position: int) -> dict[str, int]:
        """Pass over the next answer of the bank, because nobody can read it; it is noted as unmatched."""
        if not await skip_answer(log, position):
            raise Problem(
                409, "not_the_next_answer", "Not skipped", f"Answer {position} is not the next to be read."
            )
        return {"skipped": position}

    return router
