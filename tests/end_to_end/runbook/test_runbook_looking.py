"""What the runbook says of looking: where things are, what they were, who may see them."""

import re
from pathlib import Path
from typing import Any

from libs.runtime.staff import token_hash
from tests.support.runbook import RUNBOOK, SECTIONS, Operator, about
from tests.support.runbook_world import World


@about("Runbook")
def test_a_service_is_found(operator: Operator, city_world: World) -> None:
    assert operator.runs("huiji url payout").out.strip() == city_world.urls["payout"]


@about("What to look at")
def test_what_to_look_at(operator: Operator, city_world: World) -> None:
    for url in city_world.urls:
        assert operator.asks("GET /health/live", service=url).status == 200
        assert operator.asks("GET /health/ready", service=url).status == 200
    metrics = "".join(operator.asks("GET /metrics", service=service).out for service in city_world.urls)
    named = set(re.findall(r"`(huiji_\w+)(?!\w|\{reason|\{code)", RUNBOOK.read_text()))
    assert {name for name in named if f"\n{name}" not in metrics} == set()
    assert operator.asks("http://…:8108/").status == 200
    (pended, *_) = operator.asks("http://…:8108/claims?status=pended").document
    assert operator.asks("http://…:8105/deadlines/failing").document == []
    assert operator.asks("http://…:8103/lookups").status == 200
    city_world.until(operator.sees_every_part_up, "every part is up and ready")
    assert "The oldest claim without a decision" in operator.runs("huiji status").out
    assert pended["claim_id"] in operator.runs("huiji todo").out
    assert pended["claim_id"] in operator.runs("huiji todo", "--owner operator").out
    paid = city_world.unused[0]["claim_id"]
    shown = operator.runs("huiji claim CLAIM_ID", CLAIM_ID=paid)
    assert (shown.status, "PaymentSettled" in shown.out) == (0, True)
    assert operator.runs("huiji claim CLAIM_ID", "--text zh", CLAIM_ID=paid).status == 0
    assert "ExplanationOfBenefit" in operator.runs("huiji claim CLAIM_ID", "--eob", CLAIM_ID=paid).out


@about("Read models, lag, moving house")
def test_read_models_and_moving_house(operator: Operator, city_world: World, tmp_path: Path) -> None:
    assert operator.runs("huiji lag", "--at-most 60").status == 0
    assert operator.runs("huiji rebuild claims --check").status == 0
    planned = operator.runs("huiji rebuild claims --plan-only")
    assert (planned.status, "touches schema" in planned.out) == (0, True), planned.err
    rebuilt = operator.runs("huiji rebuild claims --rate 5000", by="operator-01")
    assert rebuilt.status == 0, rebuilt.err
    assert "retired" in operator.runs("huiji rebuild claims --list").out
    dropped = operator.runs("huiji rebuild claims --drop-retired", by="operator-01")
    assert dropped.status == 0, dropped.err
    exported = operator.runs("huiji export DIR --state --keys", DIR=tmp_path / "export")
    assert (exported.status, "SHA-256" in exported.out) == (0, True)
    database = city_world.a_database()
    there: dict[str, Any] = {"DIR": tmp_path / "export", "…": database}
    imported = operator.runs("huiji import DIR --database-url … --take-over", **there)
    assert (imported.status, "its services may start" in imported.out) == (0, True), imported.err


@about("Hospitals' tokens")
def test_a_token_is_made(operator: Operator) -> None:
    made = operator.runs("huiji new-token")
    assert made.err.split() == ["sha256:", token_hash(made.out.strip())]


@about("A new release")
def test_what_is_looked_at_after_a_new_release(operator: Operator, city_world: World) -> None:
    city_world.until(operator.sees_every_part_up, "every part is up and ready")
    assert operator.runs("huiji lag", "--at-most 60").status == 0
    assert "Nothing is parked" in operator.runs("huiji parked reasons").out
    assert operator.runs("huiji verify", "--only chains").status == 0
    assert operator.runs("huiji rebuild claims --list").status == 0
    assert operator.runs("huiji contracts check").status == 0


@about("What was it like then?")
def test_what_it_was_like_then(operator: Operator, city_world: World) -> None:
    claim = city_world.a_paid_claim()
    it = {"CLAIM_ID": claim["claim_id"]}
    unknown = operator.runs("huiji claim CLAIM_ID --known-at 2026-03-31", **it)
    assert (unknown.status, "Nothing of it was known" in unknown.out) == (1, True)
    assert operator.runs("huiji claim CLAIM_ID --at 2026-03-31", **it).status == 0
    person = operator.runs(
        "huiji person PERSON_ID --at 2026-03-31T14:00",
        "--by examiner-01 --why appeal",
        PERSON_ID=claim["person_id"],
    )
    assert (person.status, claim["claim_id"] in person.out) == (0, True)
    pool = "huiji pool PLAN_ID --known-at 2026-03-31"
    assert operator.runs(pool, PLAN_ID=claim["plan_id"]).status == 1, "nothing was recorded by then"
    assert operator.runs(pool, PLAN_ID=claim["plan_id"], **{"2026-03-31": "now"}).status == 0
    assert operator.runs("huiji claim CLAIM_ID --clocks", **it).status == 0
    changed = operator.runs("huiji diff claim CLAIM_ID --from 2026-03-31 --to now", **it)
    assert (changed.status, "money.plan_pays" in changed.out) == (0, True)
    steps = operator.runs("huiji step claim CLAIM_ID", **it)
    assert (steps.status, "ClaimRegistered" in steps.out) == (0, True)
    readings = operator.curls(
        'curl -H "$AS" http://127.0.0.1:8105/streams/person-PERSON_ID/readings', PERSON_ID=claim["person_id"]
    )
    assert {(one["reader"], one["why"]) for one in readings.document} >= {("examiner-01", "appeal")}


@about("Who may see, who could, and who has looked")
def test_who_could_see(operator: Operator, city_world: World) -> None:
    claim = city_world.a_paid_claim()
    it = {"CLAIM_ID": claim["claim_id"]}
    adopt = next(
        one for one in SECTIONS["Who may see, who could, and who has looked"].commands if "adopt" in one
    )
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
        "id_number": city_world.submission_of(claim).person.id_number, "purpose": "claim_detail",
        "recipient": "insurer:lead", "recorded_by": "clerk-7",
    }  # fmt: skip
    assert operator.asks("POST http://…:8102/consents", consent).status in (200, 201)
