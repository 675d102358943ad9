"""What the runbook says of keeping and proving: old claims, topics, the books, rules that change, dead services."""

import shutil
from pathlib import Path
from typing import Any

from tests.support.runbook import CHECKOUT, Operator, Said, about
from tests.support.runbook_world import World


@about("Old claims: putting them away")
def test_old_claims_are_put_away_and_one_comes_back(operator: Operator, city_world: World) -> None:
    what = {"DAY": "now", "DIR": city_world.directory / "archive"}
    said: list[Said] = []

    def is_planned() -> bool:
        """Not while somebody has not heard all that was recorded until then."""
        said.append(
            operator.runs(
                "huiji archive plan --before DAY --directory DIR", "--json", by="operator-01", **what
            )
        )
        return said[-1].status == 0

    city_world.until(is_planned, "everybody has heard everything")
    unwanted = {"ID": said[-1].document["archiving_id"]}
    withdrawn = operator.runs("huiji archive withdraw ID", "--json", by="operator-01", **unwanted)
    assert [row["status"] for row in withdrawn.document] == ["withdrawn"], withdrawn.err
    city_world.until(is_planned, "it is planned anew")
    planned = said[-1].document
    it = {"ID": planned["archiving_id"]}
    assert operator.runs("huiji archive approve ID", by="operator-02", **it).status == 0
    done = operator.runs("huiji archive run ID", by="operator-01", **it)
    assert (done.status, f"{sum(planned['events'].values())} events" in done.out) == (0, True), done.err
    assert "finished" in operator.runs("huiji archive list").out
    assert operator.runs("huiji archive status", "--json").document["intake"]["away"] > 0
    claim = city_world.unused[0]["claim_id"]
    path = next((city_world.directory / "archive" / "intake").iterdir())
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    checked = operator.runs("huiji archive check")
    assert (checked.status, "its digest does not fit" in checked.out) == (1, True)
    path.write_bytes(whole)
    assert operator.runs("huiji archive check").status == 0
    back = operator.runs("huiji archive restore --claim CLAIM_ID", by="operator-01", CLAIM_ID=claim)
    assert (back.status, "of intake" in back.out) == (0, True), back.err


@about("The broker lost its topics")
def test_topics_are_published_again_and_nothing_happens_twice(operator: Operator, city_world: World) -> None:
    before = city_world.ask("projections", "/summary")
    city_world.kill("broker")
    city_world.until_ready()
    again = operator.runs("huiji topics rebuild --service intake")
    assert (again.status, "are being published again" in again.out) == (0, True), again.err
    claim_id = city_world.cancelled_claim()
    city_world.until(lambda: city_world.claim(claim_id)["status"] == "withdrawn", "what is new arrives")
    after = city_world.ask("projections", "/summary")
    assert (after["claims"], after["paid_fen"]) == (before["claims"], before["paid_fen"])


@about("Proving the books")
def test_the_books_are_proved(operator: Operator, city_world: World, tmp_path: Path) -> None:
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
    pack: dict[str, Any] = {"CLAIM_ID": city_world.unused[0]["claim_id"], "pack.zip": tmp_path / "pack.zip"}
    assert operator.runs("huiji evidence CLAIM_ID -o pack.zip", **pack).status == 0


@about("Before a rule changes")
def test_a_changed_rule_is_tried(operator: Operator, city_world: World, tmp_path: Path) -> None:
    plan_id = city_world.unused[0]["plan_id"]
    changed = tmp_path / "changed.yaml"
    shutil.copy(CHECKOUT / "libs" / "benefits" / "plans" / f"{plan_id}.yaml", changed)
    what: dict[str, Any] = {"changed.yaml": changed, "DIR": tmp_path / "report"}
    paid = city_world.ask("payout", "/payments/counts")
    assert (
        "takes about" in operator.runs("huiji what-if --plan changed.yaml --plan-only --out DIR", **what).err
    )
    run = operator.runs("huiji what-if --plan changed.yaml --out DIR", **what)
    assert (run.status, "0 of" in run.out, (tmp_path / "report" / "report.html").exists()) == (0, True, True)
    again = operator.runs("huiji what-if --plan changed.yaml --out DIR", **what)
    assert (again.status, again.out) == (0, run.out)
    assert city_world.ask("payout", "/payments/counts") == paid


@about("A service died")
def test_a_service_that_died_goes_on(operator: Operator, city_world: World) -> None:
    city_world.kill("adjudication")
    claim_id = city_world.cancelled_claim()
    status = operator.runs("huiji status")
    assert status.status == 1, "adjudication is down"
    city_world.until(lambda: city_world.claim(claim_id)["status"] == "withdrawn", "what waited is done")
    city_world.until_ready()
    city_world.until(operator.sees_every_part_up, "every part is up and ready again")
