"""A claim's decisions from adjudication's own log: as FHIR ExplanationOfBenefit, or the standing one as text."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote

import httpx2

from libs.benefits.explanation_text import Language, explanation_text
from libs.contracts.adjudication import AdjudicationReversed, ClaimAdjudicated, ClaimDenied
from libs.eventlog.envelope import from_json
from libs.eventlog.event import Recorded, shard_of
from libs.interop.fhir import explanation_of_benefit
from services.operations.adapters.announcing import RunningAt
from services.operations.adapters.asking import Refused, as_caller, ask
from services.operations.adapters.credentials import caller_token
from services.operations.adapters.read_models import ask_read_models

_TIMEOUT_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision of a claim, and whether it stands."""

    decision: ClaimAdjudicated | ClaimDenied
    status: Literal["active", "cancelled"]


def decisions_of(events: Iterable[Recorded]) -> tuple[Decided, ...]:
    """The decisions among a claim's events, in order; what was reversed is cancelled."""
    decisions: dict[str, Decided] = {}
    for recorded in events:
        match recorded.decode():
            case ClaimAdjudicated() | ClaimDenied() as decision:
                decisions[decision.decision_id] = Decided(decision, "active")
            case AdjudicationReversed(decision_id=reversed_id) if reversed_id in decisions:
                decisions[reversed_id] = Decided(decisions[reversed_id].decision, "cancelled")
    return tuple(decisions.values())


def as_bundle(decided: Sequence[Decided]) -> dict[str, Any]:
    """A FHIR collection of every decision; amounts are Decimal, for `encode_bundle`."""
    resources = [explanation_of_benefit(each.decision, each.status) for each in decided]
    entries = [{"fullUrl": f"urn:uuid:{each['id']}", "resource": each} for each in resources]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def as_text(decided: Sequence[Decided], language: Language) -> str | None:
    """The explanation of the decision that stands; a denial has its reason alone; None when none stands."""
    standing = next((each.decision for each in reversed(decided) if each.status == "active"), None)
    if isinstance(standing, ClaimDenied):
        return standing.reason
    return None if standing is None else explanation_text(standing.explanation, language)  # type: ignore[arg-type]


def read_decisions(running: RunningAt, claim_id: str) -> tuple[Decided, ...]:
    """Asks the read model whose claim it is, and adjudication's log for its events. Raises Refused."""
    adjudication = running.url("adjudication")
    person_id = str(ask_read_models(running, f"/claims/{quote(claim_id, safe='')}")["person_id"])
    shard = shard_of(person_id, len(ask(f"{adjudication}/log/heads", token=caller_token(running))))
    subject = quote(f"claim-{claim_id}", safe="")
    with httpx2.Client(timeout=_TIMEOUT_SECONDS, trust_env=False, headers=as_caller(running)) as client:
        response = client.get(f"{adjudication}/log/{shard}/subjects/{subject}")
    if not response.is_success:
        raise Refused(response.status_code, f"adjudication answered {response.status_code}")
    return decisions_of(from_json(line) for line in response.content.splitlines())
