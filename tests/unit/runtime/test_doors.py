"""Doors of the inside: services, desks and staff pass where they should, and nobody else, once services are named."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest
import yaml
from fastapi import FastAPI

from libs.runtime.callers import CallersUnusable, read_inside_callers
from libs.runtime.doors import DESK, INSIDE, OPERATOR, STAFF, Asking, Inside, named_truly, speaks_truly_for
from libs.runtime.problems import install_problems
from libs.runtime.service import shown_by
from libs.runtime.staff import token_hash
from libs.runtime.watched_file import WatchedFile
from libs.testing.staff import a_staff, token_of

DOORS = {"inside": INSIDE, "staff": STAFF, "operator": OPERATOR, "desk": DESK}
TOKENS = {"adjudication": "a-service", "sales": "a-desk", "li": token_of("li"), "clerk": token_of("clerk")}
PASSES = {
    "adjudication": {"inside"},
    "sales": {"desk"},
    "li": {"inside", "staff", "operator", "desk"},
    "clerk": {"inside", "staff"},
}


def an_app(inside: Inside | None) -> FastAPI:
    """One route behind each door, and one at which somebody acts under a name."""
    app = FastAPI()
    install_problems(app)
    app.state.inside = inside
    for name, door in DOORS.items():
        app.add_api_route(f"/{name}", lambda: "passed", dependencies=[door])

    @app.get("/as/{name}")
    async def act(name: str, by: Asking = STAFF) -> str:
        named_truly(by, name)
        return name

    return app


@pytest.fixture
def inside(tmp_path: Path) -> Inside:
    callers = [
        {"id": "adjudication", "tokens": [{"sha256": token_hash("a-service")}]},
        {"id": "sales", "passes": "desk", "tokens": [{"sha256": token_hash("a-desk")}]},
    ]
    path = tmp_path / "callers.yaml"
    path.write_text(yaml.safe_dump({"callers": callers}))
    known = WatchedFile(path, read_inside_callers, CallersUnusable, "service_callers")
    return Inside(known, a_staff(), lambda: datetime(2026, 11, 22, tzinfo=UTC))


@pytest.fixture
async def client(inside: Inside) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(an_app(inside))
    async with httpx2.AsyncClient(transport=transport, base_url="http://service") as client:
        yield client


def showing(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize("who", PASSES)
async def test_each_passes_its_own_doors_only(client: httpx2.AsyncClient, who: str) -> None:
    passed = {
        door for door in DOORS if (await client.get(f"/{door}", headers=showing(TOKENS[who]))).is_success
    }
    assert passed == PASSES[who]
    refused = await client.get("/operator", headers=showing("a-service"))
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:huiji:problem:not_for_you")


async def test_who_shows_nothing_or_nobodys_token_passes_none(client: httpx2.AsyncClient) -> None:
    for headers in ({}, showing("x"), {"Authorization": f"Basic {TOKENS['li']}"}):
        answers = [await client.get(f"/{door}", headers=headers) for door in DOORS]
        assert [answer.status_code for answer in answers] == [401] * len(DOORS)


async def test_staff_act_under_their_own_id(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/as/li", headers=showing(token_of("li")))).status_code == 200
    assert (await client.get("/as/wang", headers=showing(token_of("li")))).status_code == 403


@pytest.mark.parametrize(("who", "proven"), [("adjudication", True), ("li", False), ("clerk", False)])
async def test_only_a_service_says_truly_for_whom_it_asks(inside: Inside, who: str, proven: bool) -> None:
    app = an_app(inside)

    @app.get("/for/{name}")
    async def asked_for(name: str, asks: Asking = INSIDE) -> list[bool]:
        return [speaks_truly_for(asks, name), speaks_truly_for(asks, None)]

    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://s") as client:
        answer = await client.get("/for/people-hospital-1", headers=showing(TOKENS[who]))
    assert answer.json() == [proven, False]


async def test_where_no_services_are_named_the_doors_stand_open() -> None:
    app = an_app(Inside(None, a_staff(), lambda: datetime.now(UTC)))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://s") as client:
        assert [(await client.get(f"/{door}")).status_code for door in DOORS] == [200] * len(DOORS)
        assert (await client.get("/as/anybody")).status_code == 200


def test_a_service_shows_what_its_file_holds(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("a-service\n")
    assert shown_by(file) == showing("a-service")
    assert shown_by(None) == {}
