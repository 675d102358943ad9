"""At the start: say when a read model was filled by another version of the code than this one.

A service that has gone back to an older release follows tables that a newer one has filled: from then on they hold what
the older says, so that is what is noted, and the newer one says so when it comes forward again.
"""

import structlog

from libs.eventlog import EventLog
from services.projections.adapters import generations
from services.projections.read_model import READ_MODELS

logger = structlog.get_logger(__name__)


async def announce_versions(log: EventLog) -> list[str]:
    """Note the first generation of each model; names those that should be built anew, and logs them."""
    outdated = []
    async with log.pool.acquire() as connection:
        for model in READ_MODELS.values():
            await generations.note_first(connection, model, log.clock())
            live = await generations.live(connection, model.name)
            if live.version == model.version:
                continue
            outdated.append(model.name)
            logger.warning(
                "read_model_of_another_version",
                model=model.name,
                filled_by=live.version,
                this_code=model.version,
                remedy=f"huiji rebuild {model.name}",
            )
            await generations.note_older(connection, model)
    return outdated
