"""Every command that the runbook prints, run where the runbook says, with what it promises (features row 156).

A new command there fails its section's test until it is run here, or listed with the reason why it cannot be.
"""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from libs.runtime.staff import token_hash
from libs.testing.kafka import KafkaUnderTest
from services.operations.use_cases.run_platform import BrokerKind
from tests.support.runbook import CHECKOUT, NOT_RUN_HERE, RUNBOOK, Operator, Said, read_runbook
from tests.support.runbook_states import (
    a_poisoned_claim,
    a_returned_payment,
    an_appeal_concluded,
    make_most_fail,
    parked_at_payout,
    settle_otherwise,
)
from tests.support.runbook_world import World, runbook_world

_WHO_MAY_SEE = "Who may see, who could, and who has looked"
SECTIONS = read_runbook(RUNBOOK.read_text())


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, kafka: KafkaUnderTest) -> Iterator[World]:
    broker: BrokerKind = "apache" if kafka.kind == "apache" else "embedded"
    with runbook_world(tmp_path_factory.mktemp("runbook"), broker) as world:
        yield world


@pytest.fixture
def operator(world: World, request: pytest.FixtureRequest) -> Iterator[Operator]:
    """Works through the section that the test is about; at its end nothing that is printed is left."""
    operator = Operator(SECTIONS[request.param], world.directory, world.urls)
    yield operator
    assert operator.left <= NOT_RUN_HERE.keys(), "printed in the runbook, and neither run here nor listed"


def about(title: str) -> pytest.MarkDecorator:
    """What is printed under this title."""
    return pytest.mark.parametrize("operator", [title], indirect=True, ids=[title])


def test_every_section_has_a_test_and_what_is_listed_is_printed() -> None:
    tests = [value for name, value in globals().items() if name.startswith("test_")]
    marks = [mark for test in tests for mark in getattr(test, "pytestmark", ())]
    to_run = {title for title, one in SECTIONS.items() if set(one.commands) - NOT_RUN_HERE.keys()}
    assert {mark.args[1][0] for mark in marks} == to_run
    printed = {command for section in SECTIONS.values() for command in section.commands}
    assert NOT_RUN_HERE.keys() <= printed


@about("Runbook")
def test_a_service_is_found(operator: Operator, world: World) -> None:
    assert operator.runs("huiji url payout").out.strip() == world.urls["payout"]


@about("What to look at")
def test_what_to_look_at(operator: Operator, world: World) -> None:
    for url in world.urls:
        assert operator.asks("GET /health/live", service=url).status == 200
        assert operator.asks("GET /health/ready", service=url).status == 200
    metrics = "".join(operator.asks("GET /metrics", service=service).out for service in world.urls)
    named = set(re.findall(r"`(huiji_\w+)(?!\w|\{reason|\{code)", RUNBOOK.read_text()))
    assert {name for name in named if f"\n{name}" not in metrics} == set()
    assert operator.asks("http://…:8108/").status == 200
    (pended, *_) = operator.asks("http://…:8108/claims?status=pended").document
    assert operator.asks("http://…:8105/deadlines/failing").document == []
    assert operator.asks("http://…:8103/lookups").status == 200
    world.until(lambda: operator.runs("huiji status").status == 0, "all is well")
    assert "The oldest claim without a decision" in operator.runs("huiji status").out
    assert pended["claim_id"] in operator.runs("huiji todo").out
    assert pended["claim_id"] in operator.runs("huiji todo", "--owner operator").out
    paid = world.unused[0]["claim_id"]
    shown = operator.runs("huiji claim CLAIM_ID", CLAIM_ID=paid)
    assert (shown.status, "PaymentSettled" in shown.out) == (0, True)
    assert operator.runs("huiji claim CLAIM_ID", "--text zh", CLAIM_ID=paid).status == 0
    assert "ExplanationOfBenefit" in operator.runs("huiji claim CLAIM_ID", "--eob", CLAIM_ID=paid).out


@about("Read models, lag, moving house")
def test_read_models_and_moving_house(operator: Operator, world: World, tmp_path: Path) -> None:
    assert operator.runs("huiji lag", "--at-most 60").status == 0
    assert operator.runs("huiji rebuild claims --check").status == 0
    rebuilt = operator.runs("huiji rebuild claims --rate 5000", by="operator-01")
    assert rebuilt.status == 0, rebuilt.err
    assert "retired" in operator.runs("huiji rebuild claims --list").out
    dropped = operator.runs("huiji rebuild claims --drop-retired", by="operator-01")
    assert dropped.status == 0, dropped.err
    exported = operator.runs("huiji export DIR --state --keys", DIR=tmp_path / "export")
    assert (exported.status, "SHA-256" in exported.out) == (0, True)
    database = world.a_database()
    there: dict[str, Any] = {"DIR": tmp_path / "export", "…": database}
    imported = operator.runs("huiji import DIR --database-url … --take-over", **there)
    assert (imported.status, "its services may start" in imported.out) == (0, True), imported.err


@about("Hospitals' tokens")
def test_a_token_is_made(operator: Operator) -> None:
    made = operator.runs("huiji new-token")
    assert made.err.split() == ["sha256:", token_hash(made.out.strip())]


@about("A new release")
def test_what_is_looked_at_after_a_new_release(operator: Operator, world: World) -> None:
    world.until(lambda: operator.runs("huiji status").status == 0, "all is well")
    assert operator.runs("huiji lag", "--at-most 60").status == 0
    assert "Nothing is parked" in operator.runs("huiji parked reasons").out
    assert operator.runs("huiji verify", "--only chains").status == 0
    assert operator.runs("huiji rebuild claims --list").status == 0
    assert operator.runs("huiji contracts check").status == 0


@about("What was it like then?")
def test_what_it_was_like_then(operator: Operator, world: World) -> None:
    claim = world.a_paid_claim()
    it = {"CLAIM_ID": claim["claim_id"]}
    unknown = operator.runs("huiji claim CLAIM_ID --known-at 2026-03-31", **it)
    assert (unknown.status, "Nothing of it was known" in unknown.out) == (1, True)
    assert operator.runs("huiji claim CLAIM_ID --at 2026-03-31", **it).status == 0
    person = operator.runs(
        "huiji person PERSON_ID --at 2026-03-31T14:00", "--by li --why appeal", PERSON_ID=claim["person_id"]
    )
    assert (person.status, claim["claim_id"] in person.out) == (0, True)
    pool = "huiji pool PLAN_ID --known-at 2026-03-31"
    assert operator.runs(pool, PLAN_ID=claim["plan_id"]).status == 1, "nothing was recorded by then"
    assert operator.runs(pool, PLAN_ID=claim["plan_id"], **{"2026-03-31": "now"}).status == 0
    assert operator.runs("huiji claim CLAIM_ID --clocks", **it).status == 0
    changed = operator.runs("huiji diff claim CLAIM_ID --from 2026-03-31 --to now", **it)
    assert (changed.status, "money.plan_pays_fen" in changed.out) == (0, True)
    steps = operator.runs("huiji step claim CLAIM_ID", **it)
    assert (steps.status, "ClaimRegistered" in steps.out) == (0, True)
    readings = operator.curls(
        "curl http://127.0.0.1:8105/streams/person-PERSON_ID/readings", PERSON_ID=claim["person_id"]
    )
    assert {(one["reader"], one["why"]) for one in readings.document} >= {("li", "appeal")}


@about(_WHO_MAY_SEE)
def test_who_could_see(operator: Operator, world: World) -> None:
    claim = world.a_paid_claim()
    it = {"CLAIM_ID": claim["claim_id"]}
    adopt = next(one for one in SECTIONS[_WHO_MAY_SEE].commands if "adopt" in one)
    adopted = operator.runs(adopt)
    assert (adopted.status, "edition 1 by operator-02" in adopted.out) == (0, True), adopted.err
    could = "huiji access claim CLAIM_ID --who insurer:lead --at 2026-03-31"
    then = operator.runs(could, **it)
    assert (then.status, "nobody could see anything" in then.out) == (1, True)
    should = operator.runs(could + " --known-at now", **it)
    assert "by edition 1 of the policy" in should.out
    read = operator.runs("huiji access readings --claim CLAIM_ID --by operator-01", **it)
    assert read.status == 0
    consent = {
        "id_number": world.submission_of(claim).person.id_number, "purpose": "claim_detail",
        "recipient": "insurer:lead", "recorded_by": "clerk-7",
    }  # fmt: skip
    assert operator.asks("POST http://…:8102/consents", consent).status in (200, 201)


@about("Old claims: putting them away")
def test_old_claims_are_put_away_and_one_comes_back(operator: Operator, world: World) -> None:
    what = {"DAY": "now", "DIR": world.directory / "archive"}
    said: list[Said] = []

    def is_planned() -> bool:
        """Not while somebody has not heard all that was recorded until then."""
        said.append(
            operator.runs(
                "huiji archive plan --before DAY --directory DIR", "--json", by="operator-01", **what
            )
        )
        return said[-1].status == 0

    world.until(is_planned, "everybody has heard everything")
    planned = said[-1].document
    it = {"ID": planned["archiving_id"]}
    assert operator.runs("huiji archive approve ID", by="operator-02", **it).status == 0
    done = operator.runs("huiji archive run ID", by="operator-01", **it)
    assert (done.status, f"{sum(planned['events'].values())} events" in done.out) == (0, True), done.err
    assert "finished" in operator.runs("huiji archive list").out
    assert operator.runs("huiji archive status", "--json").document["intake"]["away"] > 0
    claim = world.unused[0]["claim_id"]
    path = next((world.directory / "archive" / "intake").iterdir())
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    checked = operator.runs("huiji archive check")
    assert (checked.status, "its digest does not fit" in checked.out) == (1, True)
    path.write_bytes(whole)
    assert operator.runs("huiji archive check").status == 0
    back = operator.runs("huiji archive restore --claim CLAIM_ID", by="operator-01", CLAIM_ID=claim)
    assert (back.status, "of intake" in back.out) == (0, True), back.err


@about("The broker lost its topics")
def test_topics_are_published_again_and_nothing_happens_twice(operator: Operator, world: World) -> None:
    before = world.ask("projections", "/summary")
    world.kill("broker")
    world.until_ready()
    again = operator.runs("huiji topics rebuild --service intake")
    assert (again.status, "are being published again" in again.out) == (0, True), again.err
    claim_id = world.cancelled_claim()
    world.until(lambda: world.claim(claim_id)["status"] == "withdrawn", "what is new arrives")
    after = world.ask("projections", "/summary")
    assert (after["claims"], after["paid_fen"]) == (before["claims"], before["paid_fen"])


@about("Proving the books")
def test_the_books_are_proved(operator: Operator, world: World, tmp_path: Path) -> None:
    export: dict[str, Any] = {"DIR": tmp_path / "export"}
    assert operator.runs("huiji export DIR", **export).status == 0
    assert operator.runs("huiji export DIR", **export).status == 1
    assert operator.runs("huiji export DIR", "--replace", **export).status == 0
    money = operator.runs("huiji check-money DIR", **export)
    assert money.status == 0, money.out
    assert operator.runs("huiji verify-chain DIR", **export).status == 0
    kept = operator.runs("huiji roots --keep FILE", "--close", FILE=tmp_path / "roots.jsonl")
    assert (kept.status, (tmp_path / "roots.jsonl").exists()) == (0, True)
    verified = operator.runs("huiji verify", "--json")
    found = {each["check"]: each["status"] for each in verified.document["checks"]}
    assert (verified.status, set(found.values())) == (0, {"holds"}), verified.out
    pack: dict[str, Any] = {"CLAIM_ID": world.unused[0]["claim_id"], "pack.zip": tmp_path / "pack.zip"}
    assert operator.runs("huiji evidence CLAIM_ID -o pack.zip", **pack).status == 0


@about("Before a rule changes")
def test_a_changed_rule_is_tried(operator: Operator, world: World, tmp_path: Path) -> None:
    plan_id = world.unused[0]["plan_id"]
    changed = tmp_path / "changed.yaml"
    shutil.copy(CHECKOUT / "libs" / "benefits" / "plans" / f"{plan_id}.yaml", changed)
    what: dict[str, Any] = {"changed.yaml": changed, "DIR": tmp_path / "report"}
    paid = world.ask("payout", "/payments/counts")
    assert (
        "takes about" in operator.runs("huiji what-if --plan changed.yaml --plan-only --out DIR", **what).err
    )
    run = operator.runs("huiji what-if --plan changed.yaml --out DIR", **what)
    assert (run.status, "0 of" in run.out, (tmp_path / "report" / "report.html").exists()) == (0, True, True)
    again = operator.runs("huiji what-if --plan changed.yaml --out DIR", **what)
    assert (again.status, again.out) == (0, run.out)
    assert world.ask("payout", "/payments/counts") == paid


@about("A service died")
def test_a_service_that_died_goes_on(operator: Operator, world: World) -> None:
    world.kill("adjudication")
    claim_id = world.cancelled_claim()
    status = operator.runs("huiji status")
    assert status.status == 1, "adjudication is down"
    world.until(lambda: world.claim(claim_id)["status"] == "withdrawn", "what waited is done")
    world.until_ready()
    world.until(lambda: operator.runs("huiji status").status == 0, "all is well")


@about("Forgetting a person")
def test_a_person_is_forgotten(operator: Operator, world: World) -> None:
    claim = world.a_paid_claim()
    number = world.submission_of(claim).person.id_number
    erase = next(one for one in SECTIONS["Forgetting a person"].commands if one.startswith("curl"))
    asked = operator.curls(erase, **{"…": number})
    assert (asked.status, "status_url" in asked.document) == (202, True), asked.out
    status = {"service": "enrolment", "PERSON_ID": claim["person_id"]}
    asks = operator.asks
    world.until(
        lambda: asks("GET /people/PERSON_ID", **status).document["erasure"] == "complete",
        "the key is destroyed",
    )


@about("Reviews")
def test_a_review_is_concluded(operator: Operator, world: World) -> None:
    reviews = operator.curls("curl http://127.0.0.1:8104/reviews")
    review = reviews.document[0]
    conclude = next(one for one in SECTIONS["Reviews"].commands if one.endswith("/conclude"))
    it = {"REVIEW_ID": review["review_id"]}
    assert operator.curls(conclude, **it).status == 200
    assert operator.curls(conclude, **it).status == 200, "the same again is answered alike"
    assert operator.curls(conclude, legitimate="fraudulent", **it).status == 409
    world.until(lambda: not world.claim(review["claim_id"])["pending"], "the claim goes on")


@about("Rulings and appeals")
def test_a_ruling_needs_a_second_person_and_is_appealed(operator: Operator, world: World) -> None:
    claim = world.a_paid_claim(at_least_fen=21_000_000)
    it = {"PERSON_ID": claim["person_id"], "CLAIM_ID": claim["claim_id"]}
    ruling = str(uuid4())
    rule, approve = (one for one in SECTIONS["Rulings and appeals"].commands if one.startswith("curl"))
    assert operator.asks("GET …:8105/authority").document["tiers"]
    proposed = operator.curls(rule, **it, **{"$RULING": ruling})
    assert proposed.status == 200, proposed.out
    (waiting,) = (one for one in proposed.document["proposed"] if one["ruling_id"] == ruling)
    assert (waiting["needs_second"], waiting["effect"]["claims_moved"]) == (True, 1)
    approved = operator.curls(approve, **it, **{"$RULING": ruling})
    assert (approved.status, approved.document["ruling"]["ruling_id"]) == (200, ruling), approved.out
    here = {"$CLAIM": "/people/{person_id}/claims/{claim_id}".format(**claim), "service": "adjudication"}
    appeal: dict[str, Any] = {"UUID": uuid4()}
    opened = operator.asks(
        "PUT $CLAIM/appeals/UUID", {"by": "patient", "grounds": "facts", "stays_payment": True},
        by="examiner-01", **here, **appeal,
    )  # fmt: skip
    assert opened.status == 200, opened.out
    there = {"…": f"{here['$CLAIM']}/appeals/{appeal['UUID']}", "service": "adjudication"}
    own = operator.asks("POST …/conclusion", {"outcome": "rejected"}, by="senior-01", **there)
    assert (own.status, "own_ruling" in own.out) == (403, True), own.out
    assert (
        operator.asks("POST …/conclusion", {"outcome": "rejected"}, by="director-01", **there).status == 200
    )
    assert operator.asks("GET http://…:8105/appeals/overdue").document == []
    assert "paths" in operator.asks("http://…:8105/openapi.json").document
    assert operator.asks("POST $CLAIM/withdrawal-preview", **here).status == 200
    bill = world.submission_of(claim).model_dump(mode="json", include={"visit", "settlement", "lines"})
    tried = operator.asks("POST $CLAIM/dry-run", bill, **here)
    assert tried.status == 200, tried.out


@about("What is reserved for planned stays")
def test_reservations_are_listed(operator: Operator, world: World) -> None:
    assert operator.curls("curl http://127.0.0.1:8105/preauthorisations").document == []
    of = "curl http://127.0.0.1:8105/people/PERSON_ID/preauthorisations"
    assert operator.curls(of, PERSON_ID=world.unused[0]["person_id"]).document == []


@about("What the insurance centre settled otherwise")
def test_what_the_centre_settled_otherwise_is_answered(operator: Operator, world: World) -> None:
    for _ in range(2):
        settle_otherwise(world, world.a_paid_claim())

    def found() -> Any:
        return operator.runs("huiji one-stop list", "--standing open --json").document

    world.until(lambda: len(found()) == 2, "both differences are listed")
    accepted, disputed = (each["difference_id"] for each in found())
    shown = operator.runs("huiji one-stop show DIFFERENCE", DIFFERENCE=accepted)
    assert (shown.status, "in all" in shown.out) == (0, True)
    answers = {
        "huiji one-stop accept DIFFERENCE --reason centre_is_right": accepted,
        "huiji one-stop dispute DIFFERENCE --reason wrong_deductible": disputed,
    }
    for printed, difference in answers.items():
        assert operator.runs(printed, DIFFERENCE=difference).status == 1, "who acts?"
        assert operator.runs(printed, by="operator-01", DIFFERENCE=difference).status == 0
    world.until(lambda: found() == [], "both are answered")
    totals = operator.runs("huiji one-stop totals")
    assert (totals.status, "owed to the centre" in totals.out) == (0, True)


@about("Payments")
def test_money_that_came_back_is_paid_again(operator: Operator, world: World, tmp_path: Path) -> None:
    payment_id = a_returned_payment(world)
    assert operator.asks("…:8108/claims?status=payment_held").document == []
    assert operator.asks("…:8108/claims?status=payment_rejected").document == []
    world.until(lambda: payment_id in operator.runs("huiji todo").out, "somebody has to look at it")
    account = tmp_path / "account.json"
    account.write_text(json.dumps({"account": "6222020200000009999", "account_bank": "102100099996"}))
    propose, agree = "huiji pay-again PAYMENT_ID --to account.json", "huiji pay-again PAYMENT_ID --approve"
    it = {"PAYMENT_ID": payment_id}
    assert operator.runs(propose, by="operator-01", **it, **{"account.json": account}).status == 0
    assert operator.runs(agree, by="operator-01", **it).status == 1, "not the same person"
    approved = operator.runs(agree, by="operator-02", **it)
    assert (approved.status, "it is paid as" in approved.out) == (0, True), approved.err
    world.until(lambda: payment_id not in operator.runs("huiji todo").out, "it is paid")
    assert operator.asks("GET …:8106/unmatched").status == 200
    assert sum(operator.asks("GET …:8106/ledger").document["balances_fen"].values()) == 0
    claim_id = world.cancelled_claim()

    def owed() -> list[dict[str, Any]]:
        found = operator.asks("GET /clawbacks", service="payout").document
        return [one for one in found if one["claim_id"] == claim_id and one["open_fen"]]

    world.until(owed, "what was paid is claimed back")
    (clawback,) = owed()
    which = {"{id}": clawback["clawback_id"]}
    repayment = {"amount_fen": 100, "reference": "T-1", "repaid_on": "2026-03-31", "recorded_by": "cashier-1"}
    for _ in range(2):
        repaid = operator.asks("POST /clawbacks/{id}/repayments", repayment, service="payout", **which)
        assert (repaid.status, repaid.document["open_fen"]) == (200, clawback["open_fen"] - 100), repaid.out
    reason = {"reason": "hardship", "written_off_by": "cashier-1"}
    assert operator.asks("POST /clawbacks/{id}/write-off", reason, service="payout", **which).status == 200
    assert owed() == []


@about("A hospital is turned away")
def test_what_intake_has_in_hand_is_said(operator: Operator, world: World) -> None:
    assert operator.runs("huiji status").status == 0
    assert operator.curls("curl …:8101/in-hand").status == 200


@about("Something is parked")
def test_parked_events_are_mended_in_the_open(operator: Operator, world: World, tmp_path: Path) -> None:
    discarded, patched, annulled = (a_poisoned_claim(world, behind=1) for _ in range(3))
    world.until(lambda: len(parked_at_payout(world)) == 6, "all wait")
    reasons = operator.runs("huiji parked reasons").out
    assert ("event_unreadable" in reasons, "blocked_by_earlier" in reasons) == (True, True)
    assert discarded in operator.runs("huiji parked list").out
    assert discarded in operator.runs("huiji parked list", "--service payout --reason event_unreadable").out
    show = "huiji parked show claim-CLAIM_ID --service payout"
    shown = operator.runs(show, CLAIM_ID=discarded)
    assert (shown.status, "AppealConcluded" in shown.out, "error" in shown.out) == (0, True, True)

    world.until(lambda: "huiji_parked_events{" in world.metrics("payout"), "it is measured")
    retry = operator.runs("huiji parked retry", by="operator-01")
    assert (retry.status, "6 still parked" in retry.out) == (1, True), "nothing was mended yet"
    discard = 'huiji parked discard claim-CLAIM_ID --service payout --why "…"'
    assert operator.runs(discard, CLAIM_ID=discarded).status == 1, "who acts?"
    assert operator.runs(discard, by="operator-01", CLAIM_ID=discarded).status == 0
    one = operator.runs("huiji parked retry", f"claim-{discarded} --service payout", by="operator-01")
    assert (one.status, "1 processed, 0 still parked" in one.out) == (0, True)

    body = tmp_path / "BODY.json"
    body.write_text(an_appeal_concluded(patched).model_dump_json())
    patch = 'huiji parked patch claim-CLAIM_ID --service payout --file BODY.json --why "…"'
    proposed = operator.runs(patch, by="operator-01", CLAIM_ID=patched, **{"BODY.json": body})
    assert (proposed.status, "(proposal 1)" in proposed.out) == (0, True), proposed.err
    approve = 'huiji parked approve claim-CLAIM_ID --service payout --proposal 1 --why "…"'
    assert operator.runs(approve, by="operator-01", CLAIM_ID=patched).status == 1, "not the same person"
    assert operator.runs(approve, by="operator-02", CLAIM_ID=patched).status == 0

    annul = 'huiji parked annul claim-CLAIM_ID --service payout --why "…"'
    assert operator.runs(annul, by="operator-01", CLAIM_ID=annulled).status == 1, "an approver"
    assert operator.runs(annul, by="operator-02", CLAIM_ID=annulled).status == 0
    world.until(lambda: not parked_at_payout(world), "all goes on by itself")
    assert operator.runs("huiji parked reasons").out.strip() == "Nothing is parked."

    show = "huiji breaker show --service payout"
    assert operator.runs(show).status == 0
    last = make_most_fail(world)
    assert (operator.runs(show).status, last in parked_at_payout(world)) == (1, False)
    assert operator.runs('huiji breaker reset --service payout --why "…"', by="operator-01").status == 0
    world.until(lambda: last in parked_at_payout(world), "it goes on and parks")
