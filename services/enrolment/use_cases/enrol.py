"""Commands as they arrive: those that cover a person are sealed first, all of a batch in one round trip."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.enrolment.domain.commands import Activate, Command, Erase, Lapse
from services.enrolment.domain.state import Terms
from services.enrolment.use_cases.command_people import CommandPeople, Outcome
from services.enrolment.use_cases.identities import Identities


@dataclass(frozen=True, slots=True)
class Enrol:
    """Cover a person whose identity is not sealed yet."""

    person_id: str
    terms: Terms
    identity: Mapping[str, Any] = field(repr=False)


Item = Enrol | Lapse | Erase


@dataclass(frozen=True)
class TakeCommands:
    """The use case with what it needs."""

    identities: Identities
    people: CommandPeople
    clock: Callable[[], datetime]

    async def process(self, items: Sequence[Item]) -> list[Outcome]:
        """One outcome per item, in order. Raises as `CommandPeople.process`."""
        enrolling = [item for item in items if isinstance(item, Enrol)]
        sealed = iter(await self.identities.seal([(item.person_id, item.identity) for item in enrolling]))
        now = self.clock()
        commands: list[Command] = []
        for item in items:
            if isinstance(item, Enrol):
                identity = next(sealed)
                commands.append(
                    Activate(item.person_id, item.terms, identity.sealed, identity.digest, enrolled_at=now)
                )
            else:
                commands.append(item)
        return await self.people.process(commands)
