"""A drill's faults count where claims are under way."""

from collections import Counter

import pytest

from tests.chaos.compare import too_quiet, totals
from tests.chaos.run import Drill, Outcome


@pytest.mark.parametrize(("under_load", "holds"), [(1, False), (5, False), (6, True), (13, True)])
def test_a_drill_that_mostly_disturbed_an_idle_platform_has_proved_nothing(
    under_load: int, holds: bool
) -> None:
    drill = Drill(seed=7, claims=60, seconds=25, fewest_faults=6)
    disturbed = Outcome({}, faults=Counter(kill_service=13), faults_under_load=under_load)
    assert (too_quiet(drill, disturbed) == []) is holds
    assert f"13 faults, {under_load} of them while claims were under way" in totals(disturbed)


@pytest.mark.parametrize(("claims", "seconds"), [(20, 1), (60, 20), (600, 120), (60, 600)])
def test_a_page_is_left_for_each_of_the_fewest_faults(claims: int, seconds: float) -> None:
    drill = Drill(7, claims, seconds)
    pages = -(-claims // drill.page)
    assert pages > drill.fewest_faults
