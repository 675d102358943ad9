"""Rules of what people owe: a clawback is raised once, and no more is taken for it than is open."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from libs.conservation.report import Broken
from libs.contracts.payout import ClawbackNetted, ClawbackRaised, ClawbackRepaid, ClawbackWrittenOff

Owing = ClawbackRaised | ClawbackNetted | ClawbackRepaid | ClawbackWrittenOff


@dataclass(slots=True)
class _Clawback:
    person_id: str
    claim_id: str
    plan_id: str
    open_fen: int
    written_off_fen: int = 0


@dataclass(slots=True)
class Clawbacks:
    """Every clawback of a history."""

    known: dict[str, _Clawback] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)

    def take(self, event: Owing) -> Iterator[Broken]:
        """Compare an event with what is open, then take it over."""
        known = self.known.get(event.clawback_id)
        if isinstance(event, ClawbackRaised):
            if known is not None:
                yield Broken("raised_once", f"clawback {event.clawback_id} is raised twice")
            self.known[event.clawback_id] = _Clawback(
                event.person_id, event.claim_id, event.plan_id, event.amount_fen
            )
            return
        if known is None:
            yield Broken("raised_first", f"clawback {event.clawback_id} was never raised")
            return
        claim_id = event.clawback_claim_id if isinstance(event, ClawbackNetted) else event.claim_id
        if (event.person_id, event.plan_id, claim_id) != (known.person_id, known.plan_id, known.claim_id):
            yield Broken(
                "owed_by_whom", f"clawback {event.clawback_id} is another person's, plan's or claim's"
            )
        yield from self._once(event)
        yield from _moved(known, event)

    def _once(self, event: ClawbackNetted | ClawbackRepaid | ClawbackWrittenOff) -> Iterator[Broken]:
        match event:
            case ClawbackNetted():
                key = event.netting_id
            case ClawbackRepaid():
                key = event.repayment_id
            case ClawbackWrittenOff():
                return
        if key in self.done:
            yield Broken("owing_reduced_once", f"{key} is taken twice for clawback {event.clawback_id}")
        self.done.add(key)


def _moved(known: _Clawback, event: ClawbackNetted | ClawbackRepaid | ClawbackWrittenOff) -> Iterator[Broken]:
    if isinstance(event, ClawbackNetted) and event.recovers_write_off:
        known.written_off_fen -= event.amount_fen
    else:
        known.open_fen -= event.amount_fen
    if isinstance(event, ClawbackWrittenOff):
        known.written_off_fen += event.amount_fen
    if known.open_fen < 0 or known.written_off_fen < 0:
        yield Broken("not_more_than_open", f"clawback {event.clawback_id} is overpaid")
