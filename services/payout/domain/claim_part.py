"""What of a person's account is about one claim: for who looks at the claim as it was."""

from dataclasses import dataclass

from services.payout.domain.account import Account, Clawback, DeskSettlement, Entitlement, Payment


@dataclass(frozen=True, slots=True)
class ClaimPart:
    """What the claim is due, what was made of it, and what was claimed back or netted. Amounts in fen."""

    entitlement: Entitlement | None
    payments: tuple[Payment, ...]
    clawbacks: tuple[Clawback, ...]
    netted_fen: int
    desk: tuple[DeskSettlement, ...] = ()


def of_claim(account: Account, claim_id: str) -> ClaimPart | None:
    """The claim's part; None while there is nothing of it."""
    part = ClaimPart(
        account.claims.get(claim_id),
        tuple(payment for payment in account.payments.values() if payment.claim_id == claim_id),
        tuple(clawback for clawback in account.clawbacks.values() if clawback.claim_id == claim_id),
        sum(fen for (known, _), fen in account.netted_fen.items() if known == claim_id),
        tuple(settled for (known, _), settled in account.desk.items() if known == claim_id),
    )
    return part if part != ClaimPart(None, (), (), 0) else None
