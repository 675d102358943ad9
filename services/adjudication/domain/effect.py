"""What events of one settlement change, claim by claim: the cascade that is shown before it is committed."""

from collections.abc import Iterable
from dataclasses import dataclass

from libs.contracts import Event
from libs.contracts.adjudication import AdjudicationReversed, ClaimAdjudicated, ClaimDenied, ClaimPended
from libs.contracts.rulings import RulingEffect
from services.adjudication.domain.kept import Standing


@dataclass(frozen=True, slots=True)
class ClaimChange:
    """One claim before and after. Amounts are what its plan pays in all, fen; None: no decision."""

    claim_id: str
    before_fen: int | None
    after_fen: int | None
    reason: str | None
    decision: Standing | None
    pends_for: tuple[str, ...] = ()

    @property
    def difference_fen(self) -> int:
        return (self.after_fen or 0) - (self.before_fen or 0)


def changes_of(events: Iterable[Event]) -> list[ClaimChange]:
    """The claims that the events decide, decide anew, void or pend, in the order in which they do."""
    changes: dict[str, ClaimChange] = {}
    for event in events:
        match event:
            case AdjudicationReversed(claim_id=claim_id):
                before = event.plan_pays_fen + event.cash_benefits_fen
                changes[claim_id] = ClaimChange(claim_id, before, None, event.reason, None)
            case ClaimAdjudicated(claim_id=claim_id) | ClaimDenied(claim_id=claim_id):
                was = changes.get(claim_id)
                before_fen, reason = (was.before_fen, was.reason) if was else (None, None)
                changes[claim_id] = ClaimChange(claim_id, before_fen, awarded_fen(event), reason, event)
            case ClaimPended(claim_id=claim_id, reasons=reasons):
                codes = tuple(each.code for each in reasons)
                changes[claim_id] = ClaimChange(claim_id, None, None, None, None, codes)
            case _:
                continue
    return list(changes.values())


def effect_of(events: Iterable[Event]) -> RulingEffect:
    """The changes in sum."""
    moves = [change.difference_fen for change in changes_of(events) if not change.pends_for]
    return RulingEffect(
        difference_fen=sum(moves),
        largest_move_fen=max((abs(move) for move in moves), default=0),
        claims_moved=sum(move != 0 for move in moves),
    )


def awarded_fen(decision: Standing) -> int:
    """What a decision pays in all."""
    return (
        decision.plan_pays_fen + decision.cash_benefits_fen if isinstance(decision, ClaimAdjudicated) else 0
    )
