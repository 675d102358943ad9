"""An appeal may stay a claim's payments: what has not left for the bank waits for its outcome."""

from collections.abc import Sequence

from libs.contracts import Event
from libs.contracts.payout import PaymentsStayed, StayLifted
from libs.contracts.rulings import AppealConcluded, AppealOpened
from services.payout.domain.account import Account
from services.payout.domain.commands import HearAppeal


def hear_appeal(account: Account, command: HearAppeal) -> Sequence[Event]:
    """The stay and its end; an appeal that asks for none changes nothing here."""
    appeal = command.appeal
    about = {"person_id": account.person_id, "claim_id": appeal.claim_id, "appeal_id": appeal.appeal_id}
    stayed_by = account.stays.get(appeal.claim_id)
    match appeal:
        case AppealOpened(stays_payment=True) if stayed_by is None:
            return [PaymentsStayed(**about, stayed_at=command.now)]
        case AppealConcluded() if stayed_by == appeal.appeal_id:
            return [StayLifted(**about, lifted_at=command.now)]
        case _:
            return []
