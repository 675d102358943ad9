"""What the runbook says of deciding about people: forgetting, reviews, rulings, reservations, the centre."""

from typing import Any
from uuid import uuid4

from tests.support.runbook import SECTIONS, Operator, about
from tests.support.runbook_states import (
    settle_otherwise,
)
from tests.support.runbook_world import World


@about("Forgetting a person")
def test_a_person_is_forgotten(operator: Operator, city_world: World) -> None:
    claim = city_world.a_paid_claim()
    number = city_world.submission_of(claim).person.id_number
    erase = next(one for one in SECTIONS["Forgetting a person"].commands if one.startswith("curl"))
    asked = operator.curls(erase, **{"…": number})
    assert (asked.status, "status_url" in asked.document) == (202, True), asked.out
    status = {"service": "enrolment", "PERSON_ID": claim["person_id"]}
    asks = operator.asks
    city_world.until(
        lambda: asks("GET /people/PERSON_ID", **status).document["erasure"] == "complete",
        "the key is destroyed",
    )


@about("Reviews")
def test_a_review_is_concluded(operator: Operator, city_world: World) -> None:
    reviews = operator.curls('curl -H "$AS" http://127.0.0.1:8104/reviews')
    review = reviews.document[0]
    conclude = next(one for one in SECTIONS["Reviews"].commands if one.endswith("/conclude"))
    it = {"REVIEW_ID": review["review_id"]}
    assert operator.curls(conclude, **it).status == 200
    assert operator.curls(conclude, **it).status == 200, "the same again is answered alike"
    assert operator.curls(conclude, legitimate="fraudulent", **it).status == 409
    city_world.until(lambda: not city_world.claim(review["claim_id"])["pending"], "the claim goes on")


@about("Rulings and appeals")
def test_a_ruling_needs_a_second_person_and_is_appealed(operator: Operator, city_world: World) -> None:
    claim = city_world.a_paid_claim(at_least_fen=21_000_000)
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
    bill = city_world.submission_of(claim).model_dump(mode="json", include={"visit", "settlement", "lines"})
    tried = operator.asks("POST $CLAIM/dry-run", bill, **here)
    assert tried.status == 200, tried.out


@about("What is reserved for planned stays")
def test_reservations_are_listed(operator: Operator, city_world: World) -> None:
    assert operator.curls('curl -H "$AS" http://127.0.0.1:8105/preauthorisations').document == []
    of = 'curl -H "$AS" http://127.0.0.1:8105/people/PERSON_ID/preauthorisations'
    assert operator.curls(of, PERSON_ID=city_world.unused[0]["person_id"]).document == []


@about("What the insurance centre settled otherwise")
def test_what_the_centre_settled_otherwise_is_answered(operator: Operator, city_world: World) -> None:
    for _ in range(2):
        settle_otherwise(city_world, city_world.a_paid_claim())

    def found() -> Any:
        return operator.runs("huiji one-stop list", "--standing open --json").document

    city_world.until(lambda: len(found()) == 2, "both differences are listed")
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
    city_world.until(lambda: found() == [], "both are answered")
    totals = operator.runs("huiji one-stop totals")
    assert (totals.status, "owed to the centre" in totals.out) == (0, True)
