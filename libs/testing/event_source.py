"""A stand-in for a service that others listen to: a real log, relay and topic, filled by HTTP.

Run as `python -m libs.testing.event_source <service>`. `POST /append` takes a JSON array of {type, body} and appends
it in one transaction, each event to a stream of its own.
"""

import sys
from typing import Any

from fastapi import APIRouter

from libs import contracts
from libs.eventlog import Append
from libs.runtime.service import Parts, Runtime, run_service
from libs.runtime.settings import ServiceSettings


async def build(runtime: Runtime[ServiceSettings]) -> Parts:
    """One route and no reactions."""
    router = APIRouter()

    @router.post("/append")
    async def append(said: list[dict[str, Any]]) -> int:
        async with runtime.log.transaction() as work:
            for item in said:
                kind = item["type"]
                event = contracts.decode(kind, contracts.latest_version(kind), item["body"].encode())
                work.append(Append(f"said-{runtime.log.new_id()}", 0, [event]))
        return len(said)

    return Parts(routers=[router])


if __name__ == "__main__":
    run_service(sys.argv[1], ServiceSettings, build)
