"""What a person owes is repaid, or given up by a person's decision."""

from collections.abc import Sequence

from libs.contracts import Event
from libs.contracts.payout import ClawbackRepaid, ClawbackWrittenOff
from services.payout.domain import ledger
from services.payout.domain.account import Account, Clawback
from services.payout.domain.commands import RecordRepayment, WriteOff
from services.payout.domain.errors import ClawbackUnknown, NothingOpen, RepaymentDiffers, RepaymentTooLarge
from services.payout.domain.ids import repayment_id_of


def record_repayment(account: Account, command: RecordRepayment) -> Sequence[Event]:
    """Nothing when it is recorded already. Raises ClawbackUnknown, RepaymentTooLarge, RepaymentDiffers."""
    clawback = _known(account, command.clawback_id)
    repayment_id = repayment_id_of(clawback.clawback_id, command.reference)
    recorded_fen = clawback.repayments.get(repayment_id)
    if recorded_fen == command.amount_fen:
        return []
    if recorded_fen is not None:
        raise RepaymentDiffers(command.reference, recorded_fen)
    if command.amount_fen > clawback.open_fen:
        raise RepaymentTooLarge(command.amount_fen, clawback.open_fen)
    return [
        ClawbackRepaid(
            person_id=account.person_id,
            claim_id=clawback.claim_id,
            clawback_id=clawback.clawback_id,
            repayment_id=repayment_id,
            plan_id=clawback.plan_id,
            amount_fen=command.amount_fen,
            reference=command.reference,
            repaid_on=command.repaid_on,
            recorded_by=command.recorded_by,
            recorded_at=command.now,
            postings=ledger.on_repaid(clawback.plan_id, command.amount_fen),
        )
    ]


def write_off(account: Account, command: WriteOff) -> Sequence[Event]:
    """Nothing when it is written off already. Raises ClawbackUnknown, NothingOpen."""
    clawback = _known(account, command.clawback_id)
    if not clawback.open_fen:
        if clawback.written_off_fen:
            return []
        raise NothingOpen(clawback.clawback_id)
    return [
        ClawbackWrittenOff(
            person_id=account.person_id,
            claim_id=clawback.claim_id,
            clawback_id=clawback.clawback_id,
            plan_id=clawback.plan_id,
            amount_fen=clawback.open_fen,
            reason=command.reason,
            written_off_by=command.written_off_by,
            written_off_at=command.now,
            postings=ledger.on_written_off(clawback.plan_id, clawback.open_fen),
        )
    ]


def _known(account: Account, clawback_id: str) -> Clawback:
    clawback = account.clawbacks.get(clawback_id)
    if clawback is None:
        raise ClawbackUnknown(clawback_id)
    return clawback
