"""The editions of the access policy: one stream, each edition whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from libs.contracts.access import AccessPolicyAdopted, AccessRule


@dataclass(frozen=True, slots=True)
class Adopt:
    """Let these rules take the place of those before from a day on."""

    title: str
    rules: tuple[AccessRule, ...]
    effective_from: date
    by: str
    now: datetime


def adopt(editions: Sequence[AccessPolicyAdopted], command: Adopt) -> Sequence[AccessPolicyAdopted]:
    """The next edition; nothing when the newest one says the same."""
    said = (command.title, command.rules, command.effective_from)
    if editions and (editions[-1].title, editions[-1].rules, editions[-1].effective_from) == said:
        return ()
    return (
        AccessPolicyAdopted(
            edition=len(editions) + 1,
            title=command.title,
            effective_from=command.effective_from,
            rules=command.rules,
            adopted_by=command.by,
            adopted_at=command.now,
        ),
    )
