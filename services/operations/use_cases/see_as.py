"""What a participant could see of a claim at a moment, by what was known at another: policies and data replayed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import orjson

from libs.access import (
    Facts,
    Reader,
    Records,
    Sight,
    facts_of,
    policy_in_force,
    read_records,
    standing,
    visible,
)
from services.operations.adapters.asking import ask
from services.operations.adapters.histories import Histories, Moment
from services.operations.use_cases.travel import travel_to_claim

MOST_READINGS = 1_000
"""As many as the service answers at once; older ones are asked for by reader."""


@dataclass(frozen=True)
class SeenAs:
    """The answer: `views` by name, the edition and the consents that held, and what the claim had to do with whom.

    `readings`: what the reader has read of the claim until `known_at`, newest first, as it was recorded then.
    """

    claim_id: str
    reader: Reader
    at: datetime
    known_at: datetime
    edition: int | None
    title: str | None
    facts: Facts
    consents: Sequence[str]
    views: Mapping[str, Sight]
    readings: Sequence[Mapping[str, Any]]

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "claim_id": self.claim_id,
            "who": str(self.reader),
            "at": self.at.isoformat(),
            "known_at": self.known_at.isoformat(),
            "edition": self.edition,
            "title": self.title,
            "consents": list(self.consents),
            "views": {
                view: {
                    "fields": sorted(sight.fields),
                    "rules": list(sight.rules),
                    "consents": list(sight.consents),
                }
                for view, sight in self.views.items()
            },
            "readings": list(self.readings),
        }


def see_as(histories: Histories, claim_id: str, reader: Reader, at: datetime, known_at: datetime) -> SeenAs:
    """Replays policy, consents and the claim to the moment. Raises NothingRecorded, Refused."""
    then = travel_to_claim(histories, claim_id, Moment(at, known_at))
    facts = facts_of((step["type"], orjson.dumps(step["event"])) for step in then.steps)
    records = _records(histories, then.person_id)
    consents = records.consents.get(then.person_id, ())
    policy = policy_in_force(records.policies, at, known_at)
    return SeenAs(
        claim_id,
        reader,
        at,
        known_at,
        policy.edition if policy else None,
        policy.title if policy else None,
        facts,
        [one.consent_id for one in standing(consents, at, known_at)],
        visible(records.policies, consents, facts, reader, at, known_at),
        readings(histories, claim_id, str(reader), known_at),
    )


def readings(
    histories: Histories, claim_id: str, reader: str = "", until: datetime | None = None
) -> list[dict[str, Any]]:
    """Who has read what, the newest `MOST_READINGS` first; of a claim, by a reader, until a moment. Raises Refused."""
    asked = {
        "claim_id": claim_id,
        "reader": reader,
        # The service leaves out what was read later: of its newest, none may be as old as that.
        "until": until.isoformat() if until else "",
        "limit": str(MOST_READINGS),
    }
    query = urlencode({name: value for name, value in asked.items() if value})
    url = f"{histories.running.url('projections')}/access/readings?{query}"
    found: list[dict[str, Any]] = ask(url, token=histories.token)
    return found


def _records(histories: Histories, person_id: str) -> Records:
    url = f"{histories.running.url('enrolment')}/access/records"
    return read_records(ask(url, {"person_ids": [person_id]}, token=histories.token))
