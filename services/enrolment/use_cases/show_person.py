"""What is recorded about a person, for people who may see that it is right but not what it is."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from libs.eventlog import EventLog, States
from libs.privacy import mask_account, mask_id_number, mask_name, mask_phone
from services.enrolment.domain.state import Coverage, Person
from services.enrolment.use_cases.command_people import stream_of
from services.enrolment.use_cases.identities import Identities

_MASKS: dict[str, Callable[[str], str]] = {
    "name": mask_name,
    "id_number": mask_id_number,
    "phone": mask_phone,
    "account": mask_account,
}


@dataclass(frozen=True)
class ShowPerson:
    """The use case with what it needs."""

    log: EventLog
    states: States[Person]
    identities: Identities

    async def show(self, person_id: str) -> dict[str, Any] | None:
        """The person as JSON, the newest readable identity masked (None when there is none); None: never heard of."""
        stream_id = stream_of(person_id)
        async with self.log.pool.acquire() as connection:
            loaded = (await self.states.load(connection, [stream_id]))[stream_id]
        if loaded.version == 0:
            return None
        person = loaded.state
        readable = [coverage for coverage in person.coverages.values() if coverage.readable]
        identity = await self.identities.open(person_id, readable[-1].identity) if readable else None
        return {
            "person_id": person_id,
            "erasure": person.erasure,
            "identity": None if identity is None else _masked(identity),
            "coverages": [
                _coverage(coverage_id, coverage) for coverage_id, coverage in person.coverages.items()
            ],
            "consents": [
                {"consent_id": consent_id, **asdict(consent)}
                for consent_id, consent in person.consents.items()
            ],
        }


def _masked(identity: dict[str, Any]) -> dict[str, str]:
    return {name: mask(identity[name]) for name, mask in _MASKS.items() if identity.get(name)}


def _coverage(coverage_id: str, coverage: Coverage) -> dict[str, Any]:
    terms = coverage.terms
    return {
        "coverage_id": coverage_id,
        "status": "active" if coverage.lapsed_on is None else "lapsed",
        "lapsed_on": coverage.lapsed_on.isoformat() if coverage.lapsed_on else None,
        "plan_id": terms.plan_id,
        "tier": terms.tier,
        "covered_from": terms.covered_from.isoformat(),
        "covered_to": terms.covered_to.isoformat(),
        "scheme": terms.scheme,
        "pre_existing": terms.pre_existing,
        "pre_existing_classes": list(terms.pre_existing_classes),
        "status_source": terms.status_source,
        "groups": list(terms.groups),
        "continuous_years": terms.continuous_years,
        "claim_free_years": terms.claim_free_years,
        "premium_fen": terms.premium_fen,
        "premium_payer": terms.premium_payer,
    }
