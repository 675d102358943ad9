"""`GET /claims/{claim_id}` reads the parts of a claim for whom they are shown to, and for nobody else."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import httpx2
import pytest
from fastapi import FastAPI

from libs.eventlog import EventLog
from libs.runtime.problems import install_problems
from services.projections.adapters.rows import Row
from services.projections.entrypoints.http import projections_router
from services.projections.use_cases.look import NOTHING_SOUGHT, Look, Sought


@dataclass
class Tables:
    """With one row for whatever is asked; `asked` has the tables in the order in which they were read."""

    asked: list[str] = field(default_factory=list)

    @property
    def pool(self) -> "Tables":
        return self

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator["Tables"]:
        yield self

    async def fetch(self, query: str, *arguments: object) -> list[dict[str, object]]:
        self.asked.append(query.partition(" from ")[2].split()[0])
        return [{"claim_id": arguments[0]}]


@dataclass
class Shown:
    """Of each row these fields; none: the row is not seen."""

    fields: frozenset[str]

    async def seen(self, view: str, rows: Sequence[Row], sought: Sought = NOTHING_SOUGHT) -> list[Row]:
        assert (view, sought) == ("claim_status", {"claim_id": "c1"})
        return [{name: row[name] for name in row if name in self.fields} for row in rows if self.fields]


@pytest.mark.parametrize(
    ("fields", "status", "tables"),
    [
        ((), 404, []),
        (("claim_id",), 200, []),
        (("claim_id", "payments", "steps"), 200, ["payment", "step"]),
        (
            ("decisions", "payments", "clawbacks", "steps"),
            200,
            ["claim_decision", "payment", "clawback_status", "step"],
        ),
    ],
)
async def test_parts_are_read_after_the_claim_is_seen(
    fields: Sequence[str], status: int, tables: list[str]
) -> None:
    read, app = Tables(), FastAPI()
    install_problems(app)
    look = cast("Look", Shown(frozenset(fields)))
    app.include_router(projections_router(cast("EventLog", read), lambda: look))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://test") as client:
        answer = await client.get("/claims/c1")
    assert answer.status_code == status
    assert read.asked == ["claim_status", *tables]
    if status == 200:
        found: dict[str, Any] = answer.json()
        assert found.keys() == set(fields)
        assert all(found[part] for part in fields)
