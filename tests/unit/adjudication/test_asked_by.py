"""For which hospital's caller adjudication is asked: intake says so, and nobody of the staff in its place."""

from pathlib import Path

import httpx2
import pytest
import yaml
from fastapi import FastAPI

from libs.runtime.callers import ASKED_BY, CallersUnusable, read_inside_callers
from libs.runtime.doors import INSIDE, Inside
from libs.runtime.problems import install_problems
from libs.runtime.staff import token_hash
from libs.runtime.watched_file import WatchedFile
from libs.testing.staff import a_staff, token_of
from services.adjudication.entrypoints.claim_desk import AskedBy
from tests.support.ticks import MOMENT


@pytest.mark.parametrize(("token", "status"), [("a-service", 200), (token_of("li"), 403), ("nobody's", 401)])
async def test_only_a_service_names_the_hospital_that_it_asks_for(
    tmp_path: Path, token: str, status: int
) -> None:
    path = tmp_path / "callers.yaml"
    listed = [{"id": "intake", "tokens": [{"sha256": token_hash("a-service")}]}]
    path.write_text(yaml.safe_dump({"callers": listed}))
    app = FastAPI()
    install_problems(app)
    known = WatchedFile(path, read_inside_callers, CallersUnusable, "service_callers")
    app.state.inside = Inside(known, a_staff(), lambda: MOMENT)

    @app.get("/", dependencies=[INSIDE])
    async def ask(asked_by: AskedBy = None) -> str | None:
        return asked_by

    headers = {"Authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://s") as client:
        assert (await client.get("/", headers={**headers, ASKED_BY: "region-1"})).status_code == status
        answer = await client.get("/", headers=headers)
    assert answer.status_code == (401 if status == 401 else 200)
