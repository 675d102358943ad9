"""What payout answers: the ledger's balances, and what the bank said that fits no payment."""

from typing import Any

from fastapi import APIRouter

from libs.eventlog import EventLog


def payout_router(log: EventLog) -> APIRouter:
    """`/ledger`, `/unmatched`, `/payments/counts`."""
    router = APIRouter(tags=["payout"])

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

    return router
