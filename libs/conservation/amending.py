"""What cannot be read as recorded is read as it was amended: what the services do with it counts for the money, too.

Who could read an event ignores its amendment, as every service does; what cannot be read and was not amended stays so.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import orjson
from msgspec.structs import replace

from libs.contracts.operations import EventAnnulled, EventPatched
from libs.contracts.registry import ContractError
from libs.eventlog.amending import AMENDING
from libs.eventlog.event import Recorded

_Place = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Unread:
    """An event that could not be read, why, and how it was amended since: `reads_as` by a patch."""

    recorded: Recorded
    error: ContractError
    reads_as: Recorded | None
    annulled: bool


@dataclass(slots=True)
class Amendments:
    """Unreadable events and amendments, until all lines are known: they come in any order."""

    _unreadable: list[tuple[Recorded, ContractError]] = field(default_factory=list)
    _made: dict[_Place, EventPatched | EventAnnulled] = field(default_factory=dict)

    def see(self, recorded: Recorded) -> None:
        """Note an amendment; other events are none. Raises a `libs.contracts` error when it cannot be read."""
        if recorded.type not in AMENDING:
            return
        made = recorded.decode()
        assert isinstance(made, EventPatched | EventAnnulled), f"{recorded.type} amends nothing"
        # Only the log that has an event can amend it, and its services let it be amended once.
        self._made.setdefault((recorded.source, recorded.shard, made.position), made)

    def unreadable(self, recorded: Recorded, error: ContractError) -> None:
        """Keep an event that could not be read."""
        self._unreadable.append((recorded, error))

    def resolved(self) -> Iterator[Unread]:
        """What could not be read, with what its log says of it since."""
        for recorded, error in self._unreadable:
            made = self._made.get((recorded.source, recorded.shard, recorded.position))
            if made is None or made.event_hash != recorded.hash.hex():
                yield Unread(recorded, error, None, annulled=False)
            elif isinstance(made, EventPatched):
                body, version = orjson.dumps(made.patched), made.patched_version
                patched = replace(recorded, body=body, schema_version=version)
                yield Unread(recorded, error, patched, annulled=False)
            else:
                yield Unread(recorded, error, None, annulled=True)
