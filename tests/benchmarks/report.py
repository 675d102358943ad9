"""The benchmark's findings as docs/benchmarks.md."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.benchmarks.cohorts import Cohort
from tests.benchmarks.floors import Floors
from tests.benchmarks.history import AtSize
from tests.benchmarks.replay import Replay

PACES = (0.25, 0.5, 0.9)
"""Of the highest rate that was measured just before."""


@dataclass
class OnBroker:
    """Everything measured on one broker."""

    broker: str
    floors: Floors
    saturated: Cohort
    paced: list[tuple[float, Cohort]]
    beside_rebuild: Cohort | None = None
    """At the first pace, while a read model is being built anew."""


@dataclass
class Findings:
    """A whole run."""

    day: str
    commands: Sequence[str]
    machine: str
    postgres: str
    busy_before: float
    brokers: list[OnBroker] = field(default_factory=list)
    replay: Replay | None = None
    growth: list[AtSize] = field(default_factory=list)


def report(found: Findings) -> str:
    """Markdown. Rates are of this machine; the ratios are what to compare."""
    lines = [
        "# Benchmarks",
        "",
        f"Measured {found.day} by {', '.join(f'`{command}`' for command in found.commands)}.",
        "",
        f"- Machine: {found.machine}. Everything runs on it: PostgreSQL {found.postgres} (fsync on), the",
        "  broker, bureau, bank, eight services, and the sender of the claims.",
        f"- Others kept it {found.busy_before:.0%} busy in the seconds before the start; what they took during a"
        " measurement stands beside it.",
        "  They also make each claim dearer: shared caches are cold more often.",
        "- Every ratio is to a floor of the same run: the same database and broker with nothing of ours in between.",
        "- Processor time is user and system time of a process and its children, per claim sent.",
    ]
    for one in found.brokers:
        lines += ["", *_live(one)]
    if found.replay is not None:
        lines += ["", *_replay(found.replay)]
    if found.growth:
        lines += ["", *_growth(found.growth)]
    return "\n".join([*lines, ""])


def _live(one: OnBroker) -> list[str]:
    top, floors = one.saturated, one.floors
    rows = [("all at once", top), *((f"{share:.0%} of that", cohort) for share, cohort in one.paced)]
    if one.beside_rebuild is not None:
        rows.append((f"{PACES[0]:.0%}, beside a rebuild", one.beside_rebuild))
    latencies = [
        f"| {what} | {c.claims_per_second:,.0f} | {c.p50_seconds:.3f} | {c.p95_seconds:.3f} | {c.p99_seconds:.3f}"
        f" | {sum(c.processor_ms_per_claim.values()):.2f} | {c.others_share:.0%} |"
        for what, c in rows
    ]
    costs = [f"| {name} | {spent:.2f} |" for name, spent in top.processor_ms_per_claim.items()]
    return [
        f"## Discharge to settled payment, {one.broker} broker",
        "",
        "| | claims/s | p50 s | p95 s | p99 s | processor ms/claim | others had of the machine |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
        *latencies,
        "",
        "| floor | per second | events appended at the highest rate, as a ratio |",
        "| --- | ---: | ---: |",
        *(
            f"| {what} | {floor:,.0f} | {top.events_per_second / floor:.3f} |"
            for what, floor in (
                ("raw insert, batches of 500", floors.inserts_per_second),
                ("raw produce", floors.produced_per_second),
                ("raw consume", floors.consumed_per_second),
            )
        ),
        "",
        "| process, all at once | ms/claim |",
        "| --- | ---: |",
        *costs,
        f"| **all** | **{sum(top.processor_ms_per_claim.values()):.2f}** |",
    ]


def _replay(found: Replay) -> list[str]:
    return [
        "## Replay",
        "",
        f"Fold: adjudication's log of {found.folded.events:,} events, read, its hash chain checked, every event folded",
        f"into its person's state. Rebuild: the logs of all services, {found.rebuilt.events:,} events, made into the",
        "claims' read model with its indexes by `huiji rebuild`, then compared with the live one, by row. Raw is the",
        "same queries with nothing done to their rows.",
        "",
        "| | events/s | raw, events/s | ratio |",
        "| --- | ---: | ---: | ---: |",
        *(
            f"| {what} | {rate:,.0f} | {raw:,.0f} | {rate / raw:.2f} |"
            for what, rate, raw in (
                ("fold, one process", found.folded.by_one, found.folded.raw_of_one),
                ("fold, one per core", found.folded.by_machine, found.folded.raw_of_machine),
                ("rebuild, one process", found.rebuilt.by_one, found.rebuilt.raw_of_one),
                ("rebuild, one per core", found.rebuilt.by_machine, found.rebuilt.raw_of_machine),
            )
        ),
        "",
        f"A core's worth of our own work alone folds {found.folded_per_core_of_ours:,.0f} events/s.",
    ]


def _growth(found: Sequence[AtSize]) -> list[str]:
    return [
        "## Cost of a claim as history grows",
        "",
        "Claims of new people, 1,000 at once after so many claims of others: as many of a person in every row. Some",
        "15,000 of those before were sent and paid; longer histories are copies of them in every log and table, under",
        "other ids, in chains that hold; large bodies in them are compressed. A size begins with a start: its",
        "checkpoint has each page logged whole once more, and caches are cold. What claims cost in running is where",
        "the rows of a size fall no more. Sweeping: what autovacuum took of it meanwhile for tables that have grown.",
        "The same work: deciding a stay by every plan, in a process of its own, just before and after; it knows no",
        "history, so where it is dearer the machine is slower. Logged, logged whole and read: kilobytes, pages, pages",
        "from outside PostgreSQL's buffers, per claim.",
        "",
        "| claims before | since the start | processor ms/claim | of it PostgreSQL | of that sweeping | claims/s"
        " | logged kB | logged whole | read | others had of the machine | the same work, ms | claim / same work |",
        "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
        *(_at_size(at) for at in found),
    ]


def _at_size(at: AtSize) -> str:
    cohort, pages = at.cohort, at.cohort.pages_per_claim
    whole, sweeping = sum(cohort.processor_ms_per_claim.values()), cohort.autovacuum_ms_per_claim
    return (
        f"| {at.claims:,} | {at.since_start:,} | {whole:.2f} | {cohort.processor_ms_per_claim['postgres']:.2f}"
        f" | {sweeping:.2f} | {cohort.claims_per_second:,.0f} | {pages.logged_kilobytes:.0f}"
        f" | {pages.logged_whole:.1f} | {pages.read:.1f} | {cohort.others_share:.0%}"
        f" | {at.same_work_ms:.3f} | {whole / at.same_work_ms:.1f} |"
    )
