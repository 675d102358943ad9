"""Run fraud: `python -m services.fraud`."""

from datetime import timedelta
from functools import partial
from pathlib import Path

from pydantic import Field

from libs.eventlog.stage import Stage
from libs.runtime.history import Folding
from libs.runtime.service import Parts, Runtime, run_service
from libs.runtime.settings import PersonStreamSettings
from services.fraud.adapters.person_states import person_states
from services.fraud.adapters.rules_file import FIRST_TEN, read_rules
from services.fraud.domain.scoring import decide
from services.fraud.entrypoints.http import fraud_router
from services.fraud.use_cases.hear_events import SUBSCRIPTIONS, hear_events


class FraudSettings(PersonStreamSettings):
    """Settings of fraud."""

    fraud_rules_file: Path = Field(
        default=FIRST_TEN, description="the rules in force; read once, at the start"
    )
    review_hours: float = Field(default=48.0, gt=0, description="how long a reviewer has")


async def build(runtime: Runtime[FraudSettings]) -> Parts:
    """The person's stream, the rules, and the reviews."""
    settings = runtime.settings
    rules = read_rules(settings.fraud_rules_file)
    states = person_states(settings.snapshots)
    stage = Stage(states, partial(decide, rules=rules))
    return Parts(
        subscriptions=SUBSCRIPTIONS,
        handler=hear_events(stage, runtime.keys, timedelta(hours=settings.review_hours)),
        routers=[fraud_router(runtime.log, stage, rules)],
        on_reset=states.clear,
        folding=Folding(states, lambda person, claim_id: person.claims.get(claim_id)),
    )


if __name__ == "__main__":
    run_service("fraud", FraudSettings, build, [Path(__file__).parent / "migrations"])
