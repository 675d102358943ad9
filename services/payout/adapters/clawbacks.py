"""Clawbacks as operators list them; the table follows the log in the same transaction."""

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from libs.contracts import Event
from libs.contracts.payout import ClawbackNetted, ClawbackRaised, ClawbackRepaid, ClawbackWrittenOff

if TYPE_CHECKING:
    from libs.eventlog.database import Connection

_FIELDS = (
    "clawback_id, person_id, claim_id, plan_id, decision_id, reason, raised_fen, netted_fen, repaid_fen,"
    " written_off_fen, open_fen, raised_at"
)


async def follow(connection: "Connection", events: Iterable[Event]) -> None:
    """Bring the table up to the events."""
    raised: list[ClawbackRaised] = []
    moved: Counter[tuple[str, str]] = Counter()
    for event in events:
        match event:
            case ClawbackRaised():
                raised.append(event)
            case ClawbackNetted(recovers_write_off=True):
                moved[event.clawback_id, "netted"] += event.amount_fen
                moved[event.clawback_id, "written_off"] -= event.amount_fen
            case ClawbackNetted():
                moved[event.clawback_id, "netted"] += event.amount_fen
            case ClawbackRepaid():
                moved[event.clawback_id, "repaid"] += event.amount_fen
            case ClawbackWrittenOff():
                moved[event.clawback_id, "written_off"] += event.amount_fen
            case _:
                pass
    if raised:
        await connection.executemany(
            "insert into clawback (clawback_id, person_id, claim_id, plan_id, decision_id, reason, raised_fen,"
            " raised_at) values ($1, $2, $3, $4, $5, $6, $7, $8)",
            [
                (
                    event.clawback_id,
                    event.person_id,
                    event.claim_id,
                    event.plan_id,
                    event.decision_id,
                    event.reason,
                    event.amount_fen,
                    event.raised_at,
                )
                for event in raised
            ],
        )
    if moved:
        ids = sorted({clawback_id for clawback_id, _ in moved})
        await connection.executemany(
            "update clawback set netted_fen = netted_fen + $2, repaid_fen = repaid_fen + $3,"
            " written_off_fen = written_off_fen + $4 where clawback_id = $1",
            [
                (each, moved[each, "netted"], moved[each, "repaid"], moved[each, "written_off"])
                for each in ids
            ],
        )


async def find(connection: "Connection", clawback_id: str) -> dict[str, Any] | None:
    """One clawback; amounts in fen."""
    row = await connection.fetchrow(f"select {_FIELDS} from clawback where clawback_id = $1", clawback_id)
    return None if row is None else dict(row)


async def list_clawbacks(
    connection: "Connection", *, person_id: str | None, claim_id: str | None, only_open: bool, limit: int
) -> list[dict[str, Any]]:
    """Clawbacks, the oldest first."""
    rows = await connection.fetch(
        f"select {_FIELDS} from clawback where ($1::text is null or person_id = $1)"
        " and ($2::text is null or claim_id = $2) and (not $3 or open_fen > 0)"
        " order by raised_at, clawback_id limit $4",
        person_id,
        claim_id,
        only_open,
        limit,
    )
    return [dict(row) for row in rows]
