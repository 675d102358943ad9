"""What an operator can ask of a service's parking breaker."""

from typing import Annotated

import structlog
from fastapi import APIRouter, Body, Depends

from libs.eventlog import Consumer
from libs.runtime.staff import OperatorDesk, StaffMember

logger = structlog.get_logger(__name__)


def breaker_router(consumer: Consumer, desk: OperatorDesk) -> APIRouter:
    """`GET /breaker` and `POST /breaker/reset`."""
    router = APIRouter(prefix="/breaker", tags=["parked"])
    operator = Depends(desk.operator)

    @router.get("")
    async def show() -> dict[str, int | bool]:
        """Of the last handled events, how many were parked; `holds`: nothing more is parked, consumption waits."""
        return _shown(consumer)

    @router.post("/reset")
    async def reset(
        why: Annotated[str, Body(embed=True, min_length=1)], staff: StaffMember = operator
    ) -> dict[str, int | bool]:
        """Forget the outcomes so far: what fails now is parked again, up to the limit. Answers what it was before."""
        before = _shown(consumer)
        consumer.breaker.reset()
        # The reason may name a person; the log has who and when, the operator's journal the rest.
        logger.warning("breaker_reset", by=staff.id, why_length=len(why), **before)
        return before

    return router


def _shown(consumer: Consumer) -> dict[str, int | bool]:
    breaker = consumer.breaker
    return {"seen": breaker.seen_total, "parked": breaker.parked_total, "holds": breaker.holds}
