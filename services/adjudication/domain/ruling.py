"""People rule on the facts of a claim; above their authority, or above the limit, a second person has to agree."""

from datetime import datetime

from libs.contracts import Event
from libs.contracts.rulings import RulingApproved, RulingEffect, RulingProposed, RulingRejected
from services.adjudication.domain.authority import Authority, Tier
from services.adjudication.domain.circumstances import Circumstances
from services.adjudication.domain.commands import ApproveRuling, ProposeRuling, RejectRuling
from services.adjudication.domain.effect import effect_of
from services.adjudication.domain.evolving import evolve
from services.adjudication.domain.following import what_follows
from services.adjudication.domain.state import Claim, Person
from services.adjudication.errors import (
    AppealUnknown,
    AuthorityExceeded,
    ClaimUnknown,
    OwnRuling,
    RulingTaken,
    RulingUnknown,
    SecondPersonNeeded,
    TierUnknown,
)


def propose_ruling(person: Person, command: ProposeRuling, around: Circumstances) -> list[Event]:
    """The proposal with its effect; with the approval when one person may decide it. The same again is nothing."""
    claim = open_claim(person, command.claim_id)
    tier = _tier(command.authority, command.tier)
    known = claim.ruling_of(command.ruling_id)
    if known is not None:
        if not _same(known, command):
            raise RulingTaken(f"ruling {command.ruling_id} says something else")
        return []
    _check_appeal(claim, command.claim_id, command.appeal_id)
    _check_not_own(claim, command.appeal_id, command.by)
    proposed = _proposal(person, command, tier, around)
    if proposed.needs_second:
        return [proposed]
    alone_up_to = command.authority.alone_up_to_fen(tier)
    return [proposed, _approval(claim, proposed, command.by, tier, around.now, alone_up_to)]


def approve_ruling(person: Person, command: ApproveRuling, around: Circumstances) -> list[Event]:
    """The second person's approval. What it would change now, not when it was proposed, must be in their authority."""
    claim = open_claim(person, command.claim_id)
    tier = _tier(command.authority, command.tier)
    if command.ruling_id in claim.approved:
        return []
    proposed = _waiting(claim, command.ruling_id)
    if proposed.proposed_by == command.by:
        raise SecondPersonNeeded("who proposed a ruling cannot approve it")
    _check_appeal(claim, command.claim_id, proposed.appeal_id)
    _check_not_own(claim, proposed.appeal_id, command.by)
    effect = _effect(person, _approval(claim, proposed, command.by, tier, around.now, None), around)
    if not tier.reaches(effect.largest_move_fen):
        raise AuthorityExceeded(
            f"the ruling moves a claim by {effect.largest_move_fen} fen, more than tier {tier.id} may approve"
        )
    proposed = proposed.model_copy(update={"effect": effect})
    return [_approval(claim, proposed, command.by, tier, around.now, tier.up_to_fen)]


def reject_ruling(person: Person, command: RejectRuling) -> list[Event]:
    """The second person disagrees, or the proposer takes it back."""
    claim = open_claim(person, command.claim_id)
    if command.ruling_id in claim.rejected:
        return []
    proposed = _waiting(claim, command.ruling_id)
    return [
        RulingRejected(
            person_id=person.person_id,
            claim_id=command.claim_id,
            ruling_id=proposed.ruling_id,
            rejected_by=command.by,
            reason_code=command.reason_code,
            rejected_at=command.now,
        )
    ]


def open_claim(person: Person, claim_id: str) -> Claim:
    """The claim with a bill that is not withdrawn. Raises ClaimUnknown."""
    claim = person.claim(claim_id)
    if claim.bill is None or claim.withdrawn:
        raise ClaimUnknown(f"the person has no claim {claim_id} that can be ruled on")
    return claim


def _proposal(person: Person, command: ProposeRuling, tier: Tier, around: Circumstances) -> RulingProposed:
    draft = RulingProposed(
        person_id=person.person_id,
        claim_id=command.claim_id,
        ruling_id=command.ruling_id,
        outcome=command.outcome,
        facts=command.facts,
        reason_code=command.reason_code,
        evidence=command.evidence,
        appeal_id=command.appeal_id,
        proposed_by=command.by,
        tier=tier.id,
        effect=effect_of(()),
        needs_second=True,
        proposed_at=around.now,
    )
    claim = person.claim(command.claim_id)
    approved = _approval(claim, draft, command.by, tier, around.now, None)
    effect = _effect(evolve(person, draft), approved, around)
    needs_second = command.authority.needs_second(tier, effect.largest_move_fen)
    return draft.model_copy(update={"effect": effect, "needs_second": needs_second})


def _effect(person: Person, approved: RulingApproved, around: Circumstances) -> RulingEffect:
    """What the approval changes. While the claim cannot be decided nobody knows what the ruling will move: up to its
    bill. Otherwise it would be ruled on before its facts are there, by who could not rule on it afterwards. So does a
    bill that has outgrown its ruling: a denial that is repeated moves nothing, and yet decides all of it."""
    outgrown = person.claim(approved.claim_id).has_outgrown_its_ruling
    followed = what_follows(person, [approved], around)
    effect = effect_of(followed)
    for event in (approved, *followed):
        person = evolve(person, event)
    claim = person.claim(approved.claim_id)
    if claim.bill is None or (claim.is_settled and not outgrown):
        return effect
    bill_fen = claim.bill.opened().settlement.total_fen
    return effect.model_copy(update={"largest_move_fen": max(effect.largest_move_fen, bill_fen)})


def _check_appeal(claim: Claim, claim_id: str, appeal_id: str | None) -> None:
    if appeal_id is not None and appeal_id not in claim.appeals:
        raise AppealUnknown(f"claim {claim_id} has no open appeal {appeal_id}")


def _check_not_own(claim: Claim, appeal_id: str | None, by: str) -> None:
    if appeal_id is not None and by in claim.appealed_rulers.get(appeal_id, ()):
        raise OwnRuling("who ruled on a claim cannot rule on the appeal against it")


def _approval(
    claim: Claim, proposed: RulingProposed, by: str, tier: Tier, now: datetime, reach_fen: int | None
) -> RulingApproved:
    """`reach_fen`: the largest move that who approves may cause. What is left of it, the bill may grow by."""
    assert claim.bill is not None, "a claim that is ruled on has a bill"
    bill_fen = claim.bill.opened().settlement.total_fen
    left_fen = None if reach_fen is None else reach_fen - proposed.effect.largest_move_fen
    return RulingApproved(
        person_id=proposed.person_id,
        claim_id=proposed.claim_id,
        ruling_id=proposed.ruling_id,
        approved_by=by,
        tier=tier.id,
        approved_at=now,
        bill_up_to_fen=None if left_fen is None else bill_fen + max(0, left_fen),
    )


def _tier(authority: Authority, tier_id: str) -> Tier:
    tier = authority.tier(tier_id)
    if tier is None:
        raise TierUnknown(f"the authority table has no tier {tier_id!r}")
    return tier


def _waiting(claim: Claim, ruling_id: str) -> RulingProposed:
    proposed = claim.proposed.get(ruling_id)
    if proposed is None:
        raise RulingUnknown(f"no ruling {ruling_id} waits for a second person")
    return proposed


def _same(known: RulingProposed, command: ProposeRuling) -> bool:
    said = (known.outcome, known.facts, known.reason_code, known.evidence, known.appeal_id, known.proposed_by)
    return said == (
        command.outcome,
        command.facts,
        command.reason_code,
        command.evidence,
        command.appeal_id,
        command.by,
    )
