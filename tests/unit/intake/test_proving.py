"""A proven caller takes the places of its own hospitals, and of none that it merely names."""

import pytest

from libs.contracts.intake import RefusalReason
from libs.runtime.callers import Caller
from libs.runtime.doors import CallerRefused
from services.intake.domain.admitting import UNNAMED, hospital_of
from services.intake.domain.filing import Original, Sending, Withdrawing
from services.intake.domain.refusing import Refusing
from services.intake.entrypoints.proving import own, place_of, sees

REGION = Caller("region", frozenset({"H1", "H2"}))


def a_sending(filed_by: str | None = None) -> Sending:
    return Sending("settlement_http", Original("application/json", b"{}"), filed_by=filed_by)


def a_cancellation(hospital_id: str) -> Withdrawing:
    return Withdrawing(hospital_id, "S1", "settlement_cancelled", a_sending())


def a_refusing(hospital_id: str | None, filed_by: str | None = None) -> Refusing:
    reason = RefusalReason(code="missing", location="", sentence="it is required")
    return Refusing((reason,), a_sending(filed_by), "digest", None, hospital_id, None)


def test_places_are_those_of_the_hospitals_that_a_caller_speaks_for_or_else_its_own() -> None:
    assert [place_of(named, REGION) for named in ("H1", "H2", "H3", UNNAMED)] == ["H1", "H2"] + ["region"] * 2
    assert place_of("H3", None) == "H3"
    assert hospital_of(a_refusing(None, "region")) == "region"
    assert hospital_of(a_refusing("H1", "region")) == "H1"
    assert hospital_of(a_refusing(None)) == UNNAMED


def test_what_names_another_hospital_is_refused_valid_or_not() -> None:
    for item in (a_cancellation("H3"), a_refusing("H3")):
        with pytest.raises(CallerRefused) as refused:
            own(item, REGION)
        assert refused.value.status == 403
        assert own(item, None) is item
    for mine in (a_cancellation("H2"), a_refusing("H1"), a_refusing(None)):
        assert own(mine, REGION) is mine


def test_a_caller_is_told_of_its_hospitals_and_of_what_it_sent() -> None:
    assert sees(REGION, "H1")
    assert sees(REGION, None, "region")
    assert not sees(REGION, "H3", "other")
    assert not sees(REGION, None)
    assert sees(Caller("li", None), "H3")
    assert sees(None, "H3")
