"""A dry run says what would be paid when adjudication answers in time, and that it does not know otherwise."""

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import httpx2
import orjson
import pytest

from libs.interop import Cancellation, SubmissionInvalid
from libs.interop.national import parse_request, parse_settlement, to_cancellation, to_national
from libs.privacy import Pseudonymiser
from libs.testing.submissions import a_submission
from services.intake.adapters.adjudication_desk import AdjudicationDesk
from services.intake.domain.filing import Asked, Original, Withdrawing
from services.intake.entrypoints.asking import planned
from services.intake.entrypoints.claims import EstimateMade
from services.intake.entrypoints.desk import Tried, tried_fields
from services.intake.entrypoints.outcomes import tried
from services.intake.use_cases.estimate import Estimate
from services.intake.use_cases.prepare import Prepare

PREPARE = Prepare(Pseudonymiser(bytes(32)), lambda: datetime(2022, 3, 10, tzinfo=UTC))
PAYS = {
    "outcome": {
        "status": "pays",
        "pends_for": [],
        "bill_fen": 150_000,
        "plan_pays_fen": 60_000,
        "cash_benefits_fen": 0,
        "patient_bears_fen": 30_000,
        "liabilities": [{"liability_id": "in_catalogue", "paid_fen": 60_000}],
    },
    "assumed": ["records_available"],
    "rests_on": {"plan_id": "weifang-2022"},
    "as_of_version": 7,
    "case": {"member": {"groups": ["poverty"]}},
}


def asked(**changes: object) -> Asked:
    body = orjson.dumps(to_national(a_submission(**changes)))
    return PREPARE.asked(parse_settlement, PREPARE.sending("settlement_http", Original("", body), None, None))


def estimated(
    answer: Callable[[httpx2.Request], httpx2.Response], item: Asked | None = None
) -> dict[str, Any]:
    """The estimate of a bill when adjudication answers like this within its budget of a moment."""

    async def ask() -> dict[str, Any]:
        async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) as client:
            return await Estimate(AdjudicationDesk("http://adjudication", client, 5.0)).of(item or asked())

    return asyncio.run(ask())


def test_the_outcome_and_its_grounds_are_told_and_nothing_else_of_the_person() -> None:
    item = asked()
    mine = {"claim_id": getattr(item, "claim_id", None)}
    others = {"claim_id": "another hospital's"}

    def answer(request: httpx2.Request) -> httpx2.Response:
        assert request.url.path.endswith(f"/claims/{mine['claim_id']}/dry-run")
        return httpx2.Response(200, json={**PAYS, "changes": [mine, others]})

    told = estimated(answer, item)
    assert told["known"]
    assert (told["outcome"], told["rests_on"]) == (PAYS["outcome"], PAYS["rests_on"])
    assert told["other_claims_moved"] == 1
    assert "poverty" not in str(told)
    assert "another" not in str(told)


def test_what_adjudication_refuses_is_said_with_its_reason() -> None:
    problem = {"type": "urn:huiji:problem:not_evaluable", "detail": "payers exceed the bill"}
    told = estimated(lambda _request: httpx2.Response(422, json=problem))
    assert told == {"known": False, "because": "not_evaluable", "sentence": "payers exceed the bill"}


def _away(request: httpx2.Request) -> httpx2.Response:
    raise httpx2.ConnectError("no", request=request)


@pytest.mark.parametrize(
    "answer",
    [
        _away,
        lambda _request: httpx2.Response(503, json={}),
        lambda _request: httpx2.Response(200, text="<"),
        # For this service's own token, of which no hospital is to be told to show another.
        lambda _request: httpx2.Response(401, json={"type": "urn:huiji:problem:token_expired"}),
        lambda _request: httpx2.Response(403, json={"type": "urn:huiji:problem:not_for_you"}),
    ],
)
def test_without_a_sensible_answer_the_amount_is_not_known_now(
    answer: Callable[[httpx2.Request], httpx2.Response],
) -> None:
    assert estimated(answer)["because"] == "adjudication_silent"


def test_an_answer_that_is_late_is_not_waited_for() -> None:
    async def ask() -> dict[str, Any]:
        async def never(_request: httpx2.Request) -> httpx2.Response:
            await asyncio.Event().wait()
            raise AssertionError("unreachable")

        async with httpx2.AsyncClient(transport=httpx2.MockTransport(never), timeout=None) as client:
            return await Estimate(AdjudicationDesk("http://adjudication", client, 0.01)).of(asked())

    assert asyncio.run(ask())["because"] == "adjudication_silent"


def test_who_is_told_no_adjudication_still_checks() -> None:
    told = asyncio.run(Estimate(None).of(asked()))
    assert (told["known"], told["because"]) == (False, "adjudication_not_connected")


def test_a_cancellation_is_paid_nothing() -> None:
    body = orjson.dumps(to_cancellation(Cancellation("H37070200301", "S-1", "settlement_cancelled")))
    sending = PREPARE.sending("settlement_http", Original("", body), None, None)
    item = PREPARE.asked(parse_request, sending)
    assert isinstance(item, Withdrawing)
    assert asyncio.run(Estimate(None).of(item))["because"] == "nothing_to_pay"


def test_a_stay_to_come_can_be_estimated_though_it_cannot_be_filed() -> None:
    body = orjson.dumps(to_national(a_submission()))
    before = date(2000, 1, 1)
    with pytest.raises(SubmissionInvalid, match="discharged_in_future"):
        parse_request(body, before)
    assert planned(parse_request)(body, before) == parse_request(body)


def test_an_estimate_is_answered_in_each_protocols_words() -> None:
    known = {"known": True, "outcome": PAYS["outcome"]}
    assert tried_fields(Tried("estimated", None, known))["estimate"] == known
    issues = tried(Tried("estimated", None, known))["issue"]
    assert [issue["code"] for issue in issues] == ["informational", "informational"]
    assert "The plan would pay 600.00 yuan (in_catalogue 600.00)" in issues[1]["diagnostics"]
    unknown = {"known": False, "because": "x", "sentence": "ask again"}
    assert "not known: ask again" in tried(Tried("estimated", None, unknown))["issue"][1]["diagnostics"]
    waits = {"status": "pended", "pends_for": [{"code": "coverage_unknown", "owner": "enrolment"}]}
    waiting = tried(Tried("estimated", None, {"known": True, "outcome": waits}))
    assert "coverage_unknown (enrolment)" in waiting["issue"][1]["diagnostics"]


def test_a_comparison_takes_the_whole_answer_or_its_estimate() -> None:
    estimate = {"known": True, "outcome": PAYS["outcome"], "rests_on": PAYS["rests_on"]}
    whole = EstimateMade.model_validate({"valid": True, "outcome": "estimated", "estimate": estimate})
    assert whole.made() == EstimateMade.model_validate(estimate).made()
    assert whole.made()["rests_on"] == PAYS["rests_on"]
