"""An answer of the bank that nobody can read is passed over when, and only when, a person says so."""

from libs.eventlog import EventLog
from services.payout.adapters import answers
from services.payout.adapters.answers import Unmatched


async def skip_answer(log: EventLog, position: int) -> bool:
    """Move the cursor over the answer at `position`, which must be the next; False when it is not.

    What was skipped stays in the unmatched queue.
    """
    async with log.transaction() as work:
        if not await answers.advance(work.connection, position - 1, position):
            return False
        skipped = Unmatched(position, 0, "skipped", None, None, None)
        await answers.note_unmatched(work.connection, [skipped], work.now)
    return True
