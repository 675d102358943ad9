"""The demo: real discharges through the running platform, and what became of them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from libs.benefits import load_plans
from libs.interop.submission import Submission
from libs.privacy import Pseudonymiser
from libs.privacy.master_key import read_master_key
from libs.synthetic import Population, discharges
from libs.synthetic.changes import changes_of
from libs.synthetic.cities import CITIES
from libs.synthetic.fhir_encounters import EncounterDischarge, encounter_discharges
from libs.synthetic.published_examples import PublishedExample, published_examples
from services.operations.adapters.city import City, Resident
from services.operations.domain.errors import OperationsError
from services.operations.domain.platform import Platform
from services.operations.use_cases.await_claims import await_claims
from services.operations.use_cases.compare_published import Compared, compare_published
from services.operations.use_cases.demo_report import print_changes, print_comparison, print_summary
from services.operations.use_cases.put_right import put_right

SEED = 20260101
PEOPLE = 800
BY_HTTP = 600
BY_TOPIC = 200
SUSPICIOUS_BP = 100
# Of the bills that leave much to the person: there a plan pays, so that a change moves money.
CHANGED_FROM_FEN = 1_000_000
CORRECTED_BP = 2_000
CANCELLED_BP = 1_500


class PublishedFiguresDiffer(OperationsError):
    """The platform paid something else than what was published."""

    code = "published_figures_differ"

    def __init__(self, compared: Sequence[Compared]) -> None:
        ids = ", ".join(one.example.id for one in compared if not one.agrees)
        super().__init__(f"published examples that came out differently: {ids}")


@dataclass(frozen=True)
class DemoInput:
    """Everything the demo sends."""

    examples: tuple[PublishedExample, ...]
    encounters: tuple[EncounterDischarge, ...]
    by_http: tuple[Submission, ...]
    by_topic: tuple[Submission, ...]
    residents: tuple[Resident, ...]

    @property
    def example_submissions(self) -> list[Submission]:
        """The published examples' settlements, each person's in order of service."""
        return [submission for example in self.examples for submission in example.submissions]

    @property
    def submissions(self) -> list[Submission]:
        """All of them, however they are sent."""
        stays = [encounter.submission for encounter in self.encounters]
        return [*self.example_submissions, *stays, *self.by_http, *self.by_topic]


def demo_input() -> DemoInput:
    """The same people and discharges every time."""
    plan_ids = sorted(CITIES.keys() & load_plans().keys())
    population = Population(SEED, plan_ids, PEOPLE)
    generated = discharges(SEED, plan_ids, population, SUSPICIOUS_BP)
    by_http = tuple(next(generated) for _ in range(BY_HTTP))
    by_topic = tuple(next(generated) for _ in range(BY_TOPIC))
    encounters = tuple(encounter_discharges(SEED, plan_ids))
    examples = tuple(
        example
        for example in published_examples()
        if example.coverage is not None and example.expected.check == "decision"
    )
    insured = {encounter.insured.person.id_number: encounter.insured for encounter in encounters}
    insured |= {one.person.id_number: one for one in population}
    residents = [Resident(one.person, one.coverage) for one in insured.values()]
    residents += [Resident(one.person, one.coverage) for one in examples if one.coverage is not None]
    return DemoInput(examples, encounters, by_http, by_topic, tuple(residents))


def run_demo(platform: Platform, console: Console) -> None:
    """Push the demo's people and discharges through `platform` and print what became of them.

    Raises ClaimsStuck, ChangesStuck, CityRefused or PublishedFiguresDiffer.
    """
    asyncio.run(_run(platform, console))


async def _run(platform: Platform, console: Console) -> None:
    given = demo_input()
    async with City(platform.addresses) as city:
        with _progress(console) as progress:
            await _enrol(city, given, progress)
            await _send(city, given, progress)
            expected = len(given.submissions)
            settling = progress.add_task("discharges to rest", total=expected)
            summary = await await_claims(
                city.summary,
                expected,
                lambda now: progress.update(settling, completed=_at_rest(now["by_status"])),
            )
        pseudonymiser = Pseudonymiser(read_master_key(platform.addresses.master_key_file).pseudonym_secret())
        large = [one for one in given.by_http if one.settlement.personal_total_fen >= CHANGED_FROM_FEN]
        changes = changes_of(SEED, large, CORRECTED_BP, CANCELLED_BP)
        right = await put_right(city, changes, pseudonymiser.person_id)
        summary = await await_claims(city.summary, expected)
        compared = await compare_published(given.examples, pseudonymiser, city.claims_of, city.balances_of)
    print_comparison(console, compared)
    print_summary(console, summary)
    print_changes(console, right)
    if not all(one.agrees for one in compared):
        raise PublishedFiguresDiffer(compared)


async def _enrol(city: City, given: DemoInput, progress: Progress) -> None:
    task = progress.add_task("people enrolled", total=len(given.residents))
    await city.enrol(given.residents)
    progress.update(task, completed=len(given.residents))


async def _send(city: City, given: DemoInput, progress: Progress) -> None:
    """The insurance centre settles first, as it does in a city; then the hospitals send by their three ways."""
    await city.settle(given.submissions)
    ways = (
        ("published examples, JSON", given.example_submissions, city.send_settlements),
        ("generated, JSON", given.by_http, city.send_settlements),
        ("generated, encrypted topic", given.by_topic, city.send_by_topic),
    )
    for name, submissions, send in ways:
        task = progress.add_task(name, total=len(submissions))
        await send(submissions)
        progress.update(task, completed=len(submissions))
    task = progress.add_task("hospital encounters, FHIR", total=len(given.encounters))
    await city.send_bundles([encounter.bundle for encounter in given.encounters])
    progress.update(task, completed=len(given.encounters))


def _at_rest(by_status: dict[str, int]) -> int:
    return sum(
        count for status, count in by_status.items() if status not in ("registered", "decided", "paying")
    )


def _progress(console: Console) -> Progress:
    columns = (TextColumn("  {task.description:<28}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console)
