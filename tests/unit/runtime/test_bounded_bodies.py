"""A body that is too large is refused as soon as that is known, whoever would have read it."""

from collections.abc import AsyncIterator

import httpx2
import pytest
from fastapi import FastAPI
from pydantic import BaseModel
from starlette.requests import Request

from libs.runtime.bounded_bodies import BoundedBodies
from libs.runtime.problems import install_problems

LIMIT = 1_000


class Note(BaseModel):
    text: str


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    app = FastAPI()
    install_problems(app)
    app.add_middleware(BoundedBodies, limit_bytes=LIMIT)

    @app.post("/notes")
    async def note(note: Note) -> int:
        return len(note.text)

    @app.post("/streams")
    async def stream(request: Request) -> int:
        return sum([len(chunk) async for chunk in request.stream()])

    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://service") as opened:
        yield opened


class Sender:
    """Sends spaces in chunks of 100, and counts those that were asked for."""

    def __init__(self, chunks: int) -> None:
        self.left = chunks
        self.sent = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while self.left:
            self.left -= 1
            self.sent += 1
            yield b" " * 100


@pytest.mark.parametrize("path", ["/notes", "/streams"])
async def test_a_body_is_not_read_beyond_the_limit(client: httpx2.AsyncClient, path: str) -> None:
    sender = Sender(1_000)
    headers = {"content-type": "application/json"}
    answer = await client.post(path, content=sender, headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (413, "urn:huiji:problem:too_large")
    assert answer.headers["connection"] == "close"
    assert sender.sent <= LIMIT // 100 + 2


async def test_an_announced_body_that_is_too_large_is_not_read_at_all(client: httpx2.AsyncClient) -> None:
    sender = Sender(11)
    answer = await client.post("/streams", content=sender, headers={"content-length": "1100"})
    assert (answer.status_code, sender.sent) == (413, 0)


async def test_a_body_of_the_limit_passes(client: httpx2.AsyncClient) -> None:
    answer = await client.post("/streams", content=Sender(LIMIT // 100))
    assert (answer.status_code, answer.json()) == (200, LIMIT)
