"""What amended a claim's events: patches and annulments are in the log of the service that said the event."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx2

from services.operations.adapters.announcing import RunningAt
from services.operations.adapters.asking import Refused, ask
from services.operations.adapters.credentials import NotProven, caller_token

Step = dict[str, Any]

#: Who may not look into services is not shown amendments; a service of the release before does not tell them.
_NOT_TOLD = (401, 403, 404)
_COUNTS = {"EventPatched": "as patched", "EventAnnulled": "not at all"}


@dataclass(frozen=True, slots=True)
class Amended:
    """The amendments in the order recorded, and the services that could not be asked for theirs."""

    made: list[Step]
    silent: list[str]


def read_amendments(running: RunningAt, claim_id: str, steps: Sequence[Step]) -> Amended:
    """The amendments of a claim's events, of the services that said something of it. Raises Refused."""
    path = f"/amendments/of/{quote(f'claim-{claim_id}', safe='')}"
    made: list[Step] = []
    silent: list[str] = []
    for source in sorted({step["source"] for step in steps} & running.services.keys()):
        try:
            made += ask(f"{running.url(source)}{path}", token=caller_token(running))
        except NotProven:
            return Amended([], [])
        except Refused as refusal:
            if refusal.status not in _NOT_TOLD:
                raise
        except httpx2.HTTPError:
            # The claim itself is in the read models: who looks is told what is missing, and sees the rest.
            silent.append(source)
    return Amended(sorted(made, key=lambda each: str(each["recorded_at"])), silent)


def with_amendments(steps: Sequence[Step], amendments: Sequence[Step]) -> list[Step]:
    """The steps with the amendments after them; `counts` says how an amended one counts for those who could not
    process it, and which event an amendment is about."""
    counts = {
        (each["source"], each["shard"], each["amends"]): f"{_COUNTS[each['type']]} ({each['by']})"
        for each in amendments
        if each["type"] in _COUNTS
    }
    told = [
        {**step, "counts": counts.get((step["source"], step["shard"], step["position"]), "")}
        for step in steps
    ]
    told += [
        {**each, "counts": f"about {each['event_type']} {each['shard']}/{each['amends']}"}
        for each in amendments
    ]
    return told
