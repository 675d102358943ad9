"""After the demo's claims have come to rest, hospitals correct some settlements and undo others."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, Protocol

from libs.interop.submission import Submission
from libs.synthetic.changes import Changes
from services.operations.domain.errors import OperationsError

POLL_SECONDS = 0.25
PATIENCE_SECONDS = 60.0


class ChangesStuck(OperationsError):
    """Corrections and cancellations were accepted, and adjudication did not follow."""

    code = "changes_stuck"

    def __init__(self, claim_ids: Sequence[str], seconds: float) -> None:
        super().__init__(f"not decided anew within {seconds:.0f} s: {', '.join(claim_ids[:5])}")


class ChangingCity(Protocol):
    """What this needs of the city."""

    async def correct(self, submissions: Sequence[Submission]) -> list[str]:
        """Replace settlements; the ids of their claims."""

    async def cancel(self, submissions: Sequence[Submission]) -> list[str]:
        """Undo settlements; the ids of their claims."""

    async def claim_at_adjudication(self, person_id: str, claim_id: str) -> dict[str, Any]:
        """A claim as adjudication keeps it."""


@dataclass(frozen=True, slots=True)
class PutRight:
    """What became of the changes. `plan_pays_fen` sums the standing decisions of the corrected claims."""

    corrected: int
    cancelled: int
    plan_pays_fen: int


async def put_right(
    city: ChangingCity,
    changes: Changes,
    person_id_of: Callable[[str], str],
    *,
    patience_seconds: float = PATIENCE_SECONDS,
) -> PutRight:
    """Send the changes and wait until adjudication has followed each. Raises ChangesStuck."""
    corrected = _by_claim(await city.correct(changes.corrected), changes.corrected, person_id_of)
    cancelled = _by_claim(await city.cancel(changes.cancelled), changes.cancelled, person_id_of)
    began = monotonic()
    waiting = {**corrected, **cancelled}
    shown: dict[str, dict[str, Any]] = {}
    while waiting:
        for claim_id, person_id in list(waiting.items()):
            claim = shown[claim_id] = await city.claim_at_adjudication(person_id, claim_id)
            if _followed(claim, withdrawn=claim_id in cancelled):
                del waiting[claim_id]
        if waiting and monotonic() - began > patience_seconds:
            raise ChangesStuck(sorted(waiting), patience_seconds)
        await asyncio.sleep(POLL_SECONDS if waiting else 0)
    standing = [shown[claim_id]["standing"] for claim_id in corrected]
    pays = sum(one.get("plan_pays_fen", 0) for one in standing if one is not None)
    return PutRight(len(corrected), len(cancelled), pays)


def _by_claim(
    claim_ids: Sequence[str], submissions: Sequence[Submission], person_id_of: Callable[[str], str]
) -> dict[str, str]:
    people = [person_id_of(submission.person.id_number) for submission in submissions]
    return dict(zip(claim_ids, people, strict=True))


def _followed(claim: Mapping[str, Any], *, withdrawn: bool) -> bool:
    """A withdrawn claim has no standing decision; a corrected one a second, or waits for somebody."""
    if withdrawn:
        return bool(claim["withdrawn"]) and claim["standing"] is None
    return claim["revision"] == 2 and (claim["decisions"] > 1 or bool(claim["pended"]))
