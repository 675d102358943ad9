"""What an operator can ask of a service's relay."""

from fastapi import APIRouter

from libs.eventlog import EventLog, Relay, read


def relay_router(log: EventLog, relay: Relay) -> APIRouter:
    """`POST /relay/rebuild`: publish the whole log again."""
    router = APIRouter(prefix="/relay", tags=["relay"])

    @router.post("/rebuild")
    async def rebuild() -> dict[str, int]:
        """Publish the whole log to its topic again, as after the loss of the broker; `events` is how many."""
        await relay.rebuild_topic()
        async with log.pool.acquire() as connection:
            heads = await read.heads(connection)
        return {"events": sum(heads.values())}

    return router
