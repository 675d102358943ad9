"""The services' streams as they were: each service folds its own, this asks them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from services.operations.adapters.announcing import RunningAt
from services.operations.adapters.asking import Refused, ask

_NOT_FOUND = 404


@dataclass(frozen=True)
class Moment:
    """`at`: in effect at; `known_at`: recorded by; None: no limit."""

    at: datetime | None = None
    known_at: datetime | None = None

    def as_json(self) -> dict[str, str | None]:
        """ISO 8601 in UTC."""
        return {
            "at": self.at.isoformat() if self.at else None,
            "known_at": self.known_at.isoformat() if self.known_at else None,
        }


@dataclass(frozen=True)
class Histories:
    """Asks the services of a running platform. Who looks and `why` are recorded at each service that shows something.

    `by`: a name; `token`: of the member of staff, which counts instead where there is one.
    """

    running: RunningAt
    by: str
    why: str = ""
    token: str | None = None

    @property
    def services(self) -> list[str]:
        """Their names, upstream first."""
        return list(self.running.services)

    def state(
        self, service: str, stream_id: str, moment: Moment, days: Mapping[str, str]
    ) -> dict[str, Any] | None:
        """A stream's state; None when the service has no such stream."""
        return self._ask(service, stream_id, "state", moment, days, {})

    def steps(
        self,
        service: str,
        stream_id: str,
        moment: Moment,
        days: Mapping[str, str],
        *,
        claim_id: str | None = None,
        states: bool = True,
    ) -> dict[str, Any] | None:
        """All events of a stream with the state after each; None when the service has no such stream."""
        wanted = {"claim_id": claim_id, "states": str(states).lower()}
        answer = self._ask(service, stream_id, "steps", moment, days, wanted)
        if answer is None:
            return None
        found = answer["steps"]
        while answer["left_off"]:
            after = {**wanted, "after_version": str(found[-1]["version"])}
            more = self._ask(service, stream_id, "steps", moment, days, after)
            assert more is not None, "streams do not disappear"
            answer = more
            found += answer["steps"]
        return {**answer, "steps": found}

    def _ask(
        self,
        service: str,
        stream_id: str,
        what: str,
        moment: Moment,
        days: Mapping[str, str],
        more: Mapping[str, str | None],
    ) -> dict[str, Any] | None:
        parameters = {"by": self.by, "why": self.why, **moment.as_json(), **more}
        query = [(name, value) for name, value in parameters.items() if value]
        query += [("day", f"{claim_id}:{day}") for claim_id, day in sorted(days.items())]
        url = f"{self.running.url(service)}/streams/{quote(stream_id, safe='')}/{what}?{urlencode(query)}"
        try:
            answer: dict[str, Any] = ask(url, token=self.token)
        except Refused as refusal:
            if refusal.status == _NOT_FOUND:
                return None
            raise
        return answer
