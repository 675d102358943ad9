"""The pool's double entries. Accounts are `kind:plan`; debit positive, credit negative; each entry sums to zero."""

from libs.contracts.payout import LedgerPosting


def on_instructed(plan_id: str, amount_fen: int) -> tuple[LedgerPosting, ...]:
    """The pool owes the person."""
    return _entry(f"claims_expense:{plan_id}", f"claims_payable:{plan_id}", amount_fen)


def on_settled(plan_id: str, amount_fen: int) -> tuple[LedgerPosting, ...]:
    """The bank has paid what was owed."""
    return _entry(f"claims_payable:{plan_id}", f"bank:{plan_id}", amount_fen)


def on_rejected(plan_id: str, amount_fen: int) -> tuple[LedgerPosting, ...]:
    """The payment did not leave: still owed, no longer on its way."""
    return _entry(f"claims_payable:{plan_id}", f"claims_unpayable:{plan_id}", amount_fen)


def on_returned(plan_id: str, amount_fen: int) -> tuple[LedgerPosting, ...]:
    """The money came back: in the bank again, and owed."""
    return _entry(f"bank:{plan_id}", f"claims_unpayable:{plan_id}", amount_fen)


def _entry(debit: str, credit: str, amount_fen: int) -> tuple[LedgerPosting, ...]:
    return (
        LedgerPosting(account=debit, amount_fen=amount_fen),
        LedgerPosting(account=credit, amount_fen=-amount_fen),
    )
