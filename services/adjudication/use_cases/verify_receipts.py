"""Every decision of a cut of the log recomputed; what differs is told with its place and time."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from libs.benefits import Plan
from libs.contracts.registry import ContractError
from libs.eventlog.event import Recorded
from libs.proof import Checked, Cut, Reporter
from services.adjudication.domain.plan_archive import ArchivedPlans, plans_by_digest
from services.adjudication.domain.recomputing import PersonReplay, PlansByDigest, Receipt
from services.adjudication.domain.state import initial

SOURCE = "adjudication"
CHECK = "receipts"
_PROGRESS_EVENTS = 500


@dataclass(frozen=True, slots=True)
class RecordedReceipt:
    """A receipt and the recorded event whose decision it is about."""

    recorded: Recorded
    receipt: Receipt

    @property
    def place(self) -> str:
        """Where the decision stands in its log."""
        at = self.recorded
        return f"{at.source}/{at.shard}/{at.position} {at.type}"


def verify_receipts(
    cut: Cut, deployed: dict[str, Plan], on_events: Callable[[int], None] = lambda events: None
) -> Checked:
    """Recompute every decision in the cut. Raises CutUnreadable."""
    archived = plans_by_digest(deployed.values(), cut.plans())
    reporter = Reporter(CHECK)
    _report_archive(reporter, archived)
    not_deployed: Counter[str] = Counter()
    for each in receipts_of(cut, archived.plans, reporter, on_events):
        _report(reporter, each, not_deployed)
    for why, decisions in sorted(not_deployed.items()):
        reporter.notes.append(f"{decisions} decisions {why}")
    reporter.count("plans", len(archived.plans))
    return reporter.checked()


def receipts_of(
    cut: Cut,
    plans: PlansByDigest,
    reporter: Reporter,
    on_events: Callable[[int], None] = lambda events: None,
) -> Iterator[RecordedReceipt]:
    """The receipts, shard after shard, each in the order of the log. An event nobody can read ends its person's."""
    seen = 0
    for path in cut.shard_files(SOURCE):
        people: dict[str, PersonReplay] = {}
        lost: set[str] = set()
        for recorded in cut.shard_events(path):
            seen += 1
            if seen % _PROGRESS_EVENTS == 0:
                on_events(seen)
            if not recorded.stream_id.startswith("person-") or recorded.stream_id in lost:
                continue
            try:
                event = recorded.decode()
            except ContractError as error:
                lost.add(recorded.stream_id)
                place = f"{recorded.source}/{recorded.shard}/{recorded.position} {recorded.type}"
                reporter.find("event_readable", place, str(error), where=place, since=_time(recorded))
                continue
            replay = people.get(recorded.stream_id)
            if replay is None:
                replay = people[recorded.stream_id] = PersonReplay(initial(recorded.stream_id), plans)
            receipt = replay.take(event)
            if receipt is not None:
                yield RecordedReceipt(recorded, receipt)
    on_events(seen)


def _report_archive(reporter: Reporter, archived: ArchivedPlans) -> None:
    for digest, why in archived.unusable.items():
        reporter.find("plan_archive", f"plan {digest[:16]}…", why, where=f"plans/{digest}.json")


def _report(reporter: Reporter, each: RecordedReceipt, not_deployed: Counter[str]) -> None:
    receipt, decision = each.receipt, each.receipt.decision
    reporter.count("decisions")
    match receipt.verdict:
        case "equal":
            reporter.count("recomputed_equal")
        case "plan_not_deployed":
            digest = getattr(decision, "plan_digest", "")
            not_deployed[f"cite plan {digest[:16]}…, which is neither deployed nor archived"] += 1
            reporter.count("plan_not_deployed")
        case "engine_not_deployed":
            engine = str(decision.engine_digest)[:16]
            not_deployed[
                f"were made by program {engine}…, and this one decides otherwise: run its release"
            ] += 1
            reporter.count("engine_not_deployed")
        case "differs" | "not_recomputable":
            rule = "receipt_recomputes" if receipt.verdict == "differs" else "receipt_recomputable"
            about = f"claim {decision.claim_id} decision {decision.number}"
            reporter.find(rule, about, receipt.why or "", where=each.place, since=_time(each.recorded))


def _time(recorded: Recorded) -> str:
    return recorded.recorded_at.isoformat(timespec="microseconds")
