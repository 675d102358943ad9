"""Commands as they arrive, and how those that cover a person are sealed: a batch in one round trip."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.enrolment.domain.commands import Activate, Command, Erase, GiveConsent, Lapse, RevokeConsent
from services.enrolment.domain.state import Terms
from services.enrolment.domain.status import Evidence
from services.enrolment.use_cases.identities import Identities


@dataclass(frozen=True, slots=True)
class Enrol:
    """Cover a person whose identity is not sealed yet."""

    person_id: str
    terms: Terms
    identity: Mapping[str, Any] = field(repr=False)
    evidence: Evidence | None = field(default=None, repr=False)


Item = Enrol | Lapse | Erase | GiveConsent | RevokeConsent


async def sealed(identities: Identities, items: Sequence[Item], now: datetime) -> list[Command]:
    """The commands of the items, in order."""
    enrolling = [item for item in items if isinstance(item, Enrol)]
    if not enrolling:
        return [item for item in items if not isinstance(item, Enrol)]
    seals = iter(await identities.seal([(item.person_id, item.identity) for item in enrolling]))
    commands: list[Command] = []
    for item in items:
        if isinstance(item, Enrol):
            seal = next(seals)
            commands.append(
                Activate(item.person_id, item.terms, seal.sealed, seal.digest, now, evidence=item.evidence)
            )
        else:
            commands.append(item)
    return commands
