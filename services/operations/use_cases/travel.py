"""A claim or a person as they were: every service's own view of it at one moment, together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.operations.adapters.histories import Histories, Moment
from services.operations.domain.causal_order import Step, in_causal_order
from services.operations.domain.claim_money import money_of
from services.operations.domain.errors import OperationsError


class NothingRecorded(OperationsError):
    """No service has ever recorded anything of it."""

    code = "nothing_recorded"

    def __init__(self, what: str) -> None:
        super().__init__(f"nothing is recorded of {what}")


@dataclass(frozen=True)
class Travelled:
    """What was known and in effect: `states` by service, `steps` in causal order, `money` in fen."""

    moment: Moment
    person_id: str
    states: Mapping[str, Any]
    steps: Sequence[Step]
    money: Mapping[str, int]

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            **self.moment.as_json(),
            "person_id": self.person_id,
            "money": dict(self.money),
            "states": dict(self.states),
            "steps": list(self.steps),
        }

    def comparable(self) -> dict[str, Any]:
        """What two moments are compared by."""
        return {"money": dict(self.money), **self.states}


def travel_to_claim(histories: Histories, claim_id: str, moment: Moment) -> Travelled:
    """The claim in every service at the moment. Raises NothingRecorded, Refused."""
    stream_id = f"claim-{claim_id}"
    ever = histories.steps("intake", stream_id, Moment(), {}, states=False)
    if ever is None:
        raise NothingRecorded(f"claim {claim_id}")
    person_id: str = ever["steps"][0]["event"]["person_id"]
    # The day of service as it was known then: a correction may have moved it since.
    known = histories.steps("intake", stream_id, Moment(None, moment.known_at), {}, states=False)
    days: dict[str, str] = {} if known is None else known["claim_days"]
    answers = [
        answer
        for service in histories.services
        for stream in (stream_id, f"person-{person_id}")
        if (answer := histories.steps(service, stream, moment, days, claim_id=claim_id)) is not None
    ]
    steps = in_causal_order([step for answer in answers for step in answer["steps"]])
    states = {answer["source"]: answer["steps"][-1]["state"] for answer in answers if answer["steps"]}
    return Travelled(moment, person_id, states, steps, money_of(steps))


def travel_to_person(histories: Histories, person_id: str, moment: Moment) -> Travelled:
    """The person in every service at the moment. Raises NothingRecorded, Refused."""
    stream_id = f"person-{person_id}"
    known = histories.state("adjudication", stream_id, Moment(None, moment.known_at), {})
    days: dict[str, str] = {} if known is None else known["claim_days"]
    states: dict[str, Any] = {}
    steps: list[Step] = []
    found = False
    for service in histories.services:
        answer = histories.state(service, stream_id, moment, days)
        if answer is None:
            continue
        found = True
        if answer["events"]:
            states[service] = answer["state"]
            told = histories.steps(service, stream_id, moment, days, states=False)
            steps += [] if told is None else told["steps"]
    if not found:
        raise NothingRecorded(f"person {person_id}")
    ordered = in_causal_order(steps)
    return Travelled(moment, person_id, states, ordered, money_of(ordered))
