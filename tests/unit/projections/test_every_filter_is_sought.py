"""No question to the read models picks rows by what it does not tell the policy: a hidden field would be told by it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import httpx2
from fastapi import FastAPI

from libs.access import VIEWS
from libs.eventlog import EventLog
from services.projections.adapters.rows import Row
from services.projections.entrypoints.http import projections_router
from services.projections.use_cases.look import NOTHING_SOUGHT, Look, Sought

VALUES = {"uuid": "7d444840-9dc0-11d1-b245-5ffdce74fad2", "date-time": "2026-03-02T00:00:00Z"}


@dataclass
class Noting:
    """Both the tables and how they are looked at: notes by what each view was picked."""

    noted: list[tuple[str, Sought]] = field(default_factory=list)

    @property
    def pool(self) -> "Noting":
        return self

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator["Noting"]:
        yield self

    async def fetch(self, query: str, *arguments: object) -> list[Row]:
        return []

    async def rows(
        self, view: str, rest: str = "", *arguments: object, sought: Sought = NOTHING_SOUGHT
    ) -> list[Row]:
        return await self.seen(view, [{}], sought)

    async def seen(self, view: str, rows: Sequence[Row], sought: Sought = NOTHING_SOUGHT) -> list[Row]:
        self.noted.append((view, sought))
        return [{}]


def a_value(parameter: dict[str, Any]) -> str | None:
    """Of its own kind; None: a number, which says how many rows and not which."""
    kinds = parameter["schema"].get("anyOf", [parameter["schema"]])
    kind = next(one for one in kinds if one["type"] != "null")
    if kind["type"] == "integer":
        return None
    return cast("str", kind.get("enum", [VALUES.get(kind.get("format", ""), f"some-{parameter['name']}")])[0])


async def test_every_filter_of_every_question_is_told_as_what_is_sought() -> None:
    noting, app = Noting(), FastAPI()
    app.include_router(projections_router(cast("EventLog", noting), lambda: cast("Look", noting)))
    questions = 0
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://test") as client:
        for path, operations in app.openapi()["paths"].items():
            parameters = operations["get"].get("parameters", [])
            values = {one["name"]: value for one in parameters if (value := a_value(one)) is not None}
            if not values:
                continue
            in_path = {one["name"] for one in parameters if one["in"] == "path"}
            query = {name: value for name, value in values.items() if name not in in_path}
            answer = await client.get(path.format(**values), params=query)
            assert answer.status_code == 200, (path, answer.text)
            view, sought = noting.noted[-1]
            assert sought.keys() <= set(VIEWS[view]), path
            told = [VALUES["date-time"] if name == "read_at" else value for name, value in sought.items()]
            assert sorted(map(str, told)) == sorted(values.values()), path
            questions += 1
    assert questions >= 12
