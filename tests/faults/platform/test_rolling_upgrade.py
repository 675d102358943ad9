"""The last release's code beside today's on one platform: upgraded in both orders, and back, while claims flow."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from libs.local_platform import PartDidNotStart
from libs.testing.waiting import wait_until
from services.projections.read_model import CLAIMS
from tests.chaos.compare import differences
from tests.chaos.run import CHECKS, Drill, Outcome, claims_of
from tests.support.mixed_platform import (
    CONSUMERS_FIRST,
    PRODUCERS_FIRST,
    MixedPlatform,
    States,
    mixed_platform,
    now,
)
from tests.support.releases import (
    CHECKOUT,
    RAISED,
    RAISED_BY,
    closed_to,
    last_release,
    next_release,
    run_in,
    within,
)

# Two dozen services start one after the other.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

AT_REST = 8
ON_THE_WAY = 2


@dataclass
class Rehearsal:
    """What was seen on the way. `folded_*`: states by the code that wrote them, and by the other."""

    quiet: Outcome
    folded_after_upgrade: tuple[States, States] = ({}, {})
    folded_after_going_back: tuple[States, States] = ({}, {})
    held: list[str] = field(default_factory=list)
    parked: dict[str, dict[str, Any]] = field(default_factory=dict)
    upgraded: Outcome = field(default_factory=lambda: Outcome({}))
    verified: list[dict[str, Any]] = field(default_factory=list)
    outdated: list[int] = field(default_factory=list)
    refused: str = ""


@pytest.fixture(scope="module")
def rehearsal(drill: Drill, quiet_city: Outcome, tmp_path_factory: pytest.TempPathFactory) -> Rehearsal:
    """One platform: the last release, upgraded consumers first, back, and on to the next one producers first."""
    directory = tmp_path_factory.mktemp("upgrade")
    last = last_release(directory / "last")
    following = next_release(directory / "next")
    seen = Rehearsal(quiet_city)
    with mixed_platform(drill, directory / "platform", last) as platform:
        upgrade_consumers_first(platform, seen)
        go_back(platform, last, seen)
        upgrade_producers_first(platform, following, seen)
        seen.upgraded = Outcome(claims_of(platform.running.platform.addresses))
        announced = directory / "platform" / "run" / "platform.json"
        seen.outdated = [each["version"] for each in platform.ask("projections", "/read-models")]
        build_anew(announced, following)
        seen.verified = verified(announced, following)
        with pytest.raises(PartDidNotStart) as going_back:
            platform.replace(RAISED_BY, by=CHECKOUT)
        seen.refused = str(going_back.value)
    return seen


def upgrade_consumers_first(platform: MixedPlatform, seen: Rehearsal) -> None:
    platform.send(AT_REST)
    platform.come_to_rest()
    written_until = now()
    by_last = platform.states(written_until)
    for service in CONSUMERS_FIRST:
        platform.send(ON_THE_WAY)
        platform.replace(service, by=CHECKOUT)
    seen.folded_after_upgrade = by_last, platform.states(written_until)
    platform.come_to_rest()
    seen.parked["consumers first"] = platform.parked()


def go_back(platform: MixedPlatform, last: Path, seen: Rehearsal) -> None:
    """All at once that may: what the last release finds then, today's code has written or migrated."""
    written_until = now()
    by_today = platform.states(written_until)
    closed = closed_to(last)
    platform.replace(*[service for service in PRODUCERS_FIRST if service not in closed], by=last)
    seen.folded_after_going_back = by_today, platform.states(written_until)
    platform.send(AT_REST)
    platform.come_to_rest()
    seen.parked["back"] = platform.parked()


def upgrade_producers_first(platform: MixedPlatform, following: Path, seen: Rehearsal) -> None:
    """The hard order: who listens meets what it does not know yet."""
    for service in PRODUCERS_FIRST:
        platform.send(ON_THE_WAY)
        platform.replace(service, by=following)
        if service == RAISED_BY:
            platform.send(ON_THE_WAY)
            wait_until(lambda: fraud_waits(platform, seen), "fraud waits for its upgrade")
            seen.parked["while newer events are held"] = platform.parked()
    platform.send(len(platform.submissions) - platform.sent)
    platform.come_to_rest()
    seen.parked["producers first"] = platform.parked()


def fraud_waits(platform: MixedPlatform, seen: Rehearsal) -> bool:
    """Whether the last release's fraud says that it cannot read an event; its reasons are noted."""
    seen.held = [reason for reason in platform.ask("fraud", "/health/ready")["reasons"] if RAISED in reason]
    return bool(seen.held)


def build_anew(announced: Path, release: Path) -> None:
    """The last step of an upgrade whose read models hold more than the last release's."""
    run_in(
        release,
        "-m",
        "services.operations",
        "rebuild",
        "claims",
        "--by",
        "operator-01",
        "--platform",
        str(announced),
    )


def verified(announced: Path, release: Path) -> list[dict[str, Any]]:
    """What `huiji verify` of a release says of the platform that is announced there."""
    only = [word for check in CHECKS for word in ("--only", check)]
    said = run_in(
        release, "-m", "services.operations", "verify", "--json", "--platform", str(announced), *only
    )
    return list(json.loads(said)["checks"])


def test_what_the_last_release_wrote_is_folded_to_the_same_states(rehearsal: Rehearsal) -> None:
    by_last, by_today = rehearsal.folded_after_upgrade
    assert len(by_last) > AT_REST
    assert differing(by_last, by_today) == []


def test_the_last_release_folds_what_today_writes_to_the_same_states(rehearsal: Rehearsal) -> None:
    by_today, by_last = rehearsal.folded_after_going_back
    assert len(by_last) == len(by_today) > AT_REST
    assert differing(by_last, by_today) == []


def test_newer_events_wait_for_the_upgrade(rehearsal: Rehearsal) -> None:
    assert rehearsal.held
    assert all(f"{RAISED} version 2, this code knows version 1" in reason for reason in rehearsal.held)


def test_a_service_does_not_go_back_behind_what_it_has_said(rehearsal: Rehearsal) -> None:
    assert f"{RAISED_BY} has recorded {RAISED} version 2, which this code does not know" in rehearsal.refused


def test_nothing_is_parked_on_the_way(rehearsal: Rehearsal) -> None:
    assert {when: parked for when, parked in rehearsal.parked.items() if parked} == {}


def test_every_claim_is_paid_to_the_same_fen_as_without_an_upgrade(
    rehearsal: Rehearsal, drill: Drill
) -> None:
    assert len(rehearsal.upgraded.claims) == drill.claims
    assert differences(rehearsal.upgraded, rehearsal.quiet) == []


def test_tables_that_the_last_release_has_filled_are_said_to_be_outdated(rehearsal: Rehearsal) -> None:
    assert rehearsal.outdated
    assert all(version < CLAIMS.version for version in rehearsal.outdated)


def test_everything_that_can_be_proved_holds_of_what_both_have_written(rehearsal: Rehearsal) -> None:
    assert [each["check"] for each in rehearsal.verified] == list(CHECKS)
    assert [each for each in rehearsal.verified if each["status"] != "holds"] == []


def differing(older: States, newer: States) -> list[str]:
    """States in which what the older code knows is not the same; the newer may know more."""
    return [
        f"{service} {stream_id}: {older[service, stream_id]} is {newer.get((service, stream_id))}"
        for service, stream_id in older
        if not within(older[service, stream_id], newer.get((service, stream_id)))
    ]
