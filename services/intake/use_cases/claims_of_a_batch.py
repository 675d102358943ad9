"""The claims that a batch is about: locked where they are to change, moved on in memory, written at the end."""

from collections.abc import Sequence
from datetime import datetime
from typing import Self

from libs.eventlog import ConcurrencyConflict, UnitOfWork
from services.intake.adapters import submissions as rows
from services.intake.adapters.submissions import Known, Name
from services.intake.domain.filing import Asked, Filed, Filing, evolve


class Claims:
    """What is filed under the names of a batch, as of the item that is judged next.

    Names of new settlements are taken by an insertion that one of several replicas wins. Claims that are to change are
    locked afterwards: insertions and locks are each sorted, and nobody inserts who holds a lock, so nobody waits in a
    circle.
    """

    def __init__(self, taken: set[Name], known: Known) -> None:
        self._taken = taken
        self._known = known
        self._changed: dict[Name, Filed] = {}
        self._revisions_before: dict[Name, int] = {}

    @classmethod
    async def opened(cls, work: UnitOfWork, asked: Sequence[Asked]) -> Self:
        """Take the names of what is new, lock what is to change, and load it.

        Raises ConcurrencyConflict when a claim that is to change was registered in between: it is not locked then.
        """
        registering = [one for one in asked if isinstance(one, Filing) and not one.corrects]
        taken = await rows.insert_new(work.connection, registering, work.now)
        # Named in any order and often: one lock each.
        changing = {one.name for one in asked if not isinstance(one, Filing) or one.corrects}
        changing -= taken
        locked = await rows.lock(work.connection, sorted(changing))
        known = await rows.find_filed(work.connection, [one for one in asked if one.name not in taken])
        if changing & known.names() != locked:
            raise ConcurrencyConflict("a claim that is to change was registered meanwhile")
        return cls(taken, known)

    def meeting(self, asked: Asked) -> Filed | None:
        """What the next item of the batch meets."""
        if asked.name in self._taken:
            # The row is there for the first registration, which has not come yet.
            return None
        filed = self._known.meeting(asked)
        registers = isinstance(asked, Filing) and not asked.corrects
        assert filed is not None or not registers, "a name that could not be taken is somebody's"
        return filed

    def happened(self, asked: Asked, filed: Filed | None, now: datetime) -> Filed:
        """The claim after `asked`, which was judged to happen."""
        after = evolve(filed, asked, now)
        if filed is None:
            self._taken.discard(asked.name)
        else:
            self._revisions_before.setdefault(asked.name, filed.current.number)
            self._changed[asked.name] = after
        self._known.put(after)
        return after

    async def write(self, work: UnitOfWork) -> None:
        """Write what changed. Registrations are written already."""
        await rows.change(work.connection, self._changed, self._revisions_before)
