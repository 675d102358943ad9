"""The pool's double entries. Accounts are `kind:plan`; debit positive, credit negative; each entry sums to zero."""

from libs.contracts.payout import LedgerPosting

Postings = tuple[LedgerPosting, ...]


def on_instructed(plan_id: str, amount_fen: int) -> Postings:
    """The pool owes the person."""
    return _entry(f"claims_expense:{plan_id}", f"claims_payable:{plan_id}", amount_fen)


def on_cancelled(plan_id: str, amount_fen: int) -> Postings:
    """The pool owes it no longer, and it had not left."""
    return _entry(f"claims_payable:{plan_id}", f"claims_expense:{plan_id}", amount_fen)


def on_settled(plan_id: str, amount_fen: int) -> Postings:
    """The bank has paid what was owed."""
    return _entry(f"claims_payable:{plan_id}", f"bank:{plan_id}", amount_fen)


def on_settled_at_desk(plan_id: str, more_fen: int) -> Postings:
    """The pool owes the insurance centre so much more (negative: less) of what it has settled for the plan."""
    return _entry(f"claims_expense:{plan_id}", f"centre_clearing:{plan_id}", more_fen)


def on_rejected(plan_id: str, amount_fen: int) -> Postings:
    """The payment did not leave: still owed, no longer on its way."""
    return _entry(f"claims_payable:{plan_id}", f"claims_unpayable:{plan_id}", amount_fen)


def on_returned(plan_id: str, amount_fen: int) -> Postings:
    """The money came back: in the bank again, and owed."""
    return _entry(f"bank:{plan_id}", f"claims_unpayable:{plan_id}", amount_fen)


def on_unpayable_reduced(plan_id: str, amount_fen: int) -> Postings:
    """What could not be paid is owed no longer."""
    return _entry(f"claims_unpayable:{plan_id}", f"claims_expense:{plan_id}", amount_fen)


def on_raised(plan_id: str, amount_fen: int) -> Postings:
    """The person owes the pool what was paid too much."""
    return _entry(f"clawback_receivable:{plan_id}", f"claims_expense:{plan_id}", amount_fen)


def on_netted(plan_id: str, amount_fen: int, *, unpayable: bool, written_off: bool) -> Postings:
    """What is due is not paid but taken for what the person owes, or for what was given up as lost."""
    owed = "claims_unpayable" if unpayable else "claims_expense"
    taken = "clawback_losses" if written_off else "clawback_receivable"
    return _entry(f"{owed}:{plan_id}", f"{taken}:{plan_id}", amount_fen)


def on_repaid(plan_id: str, amount_fen: int) -> Postings:
    """Money came in; not on the account that files are paid from, whose balance is the bank's to say."""
    return _entry(f"collections:{plan_id}", f"clawback_receivable:{plan_id}", amount_fen)


def on_written_off(plan_id: str, amount_fen: int) -> Postings:
    """The pool gives up what the person owes."""
    return _entry(f"clawback_losses:{plan_id}", f"clawback_receivable:{plan_id}", amount_fen)


def on_stated(plan_id: str, due_fen: int) -> Postings:
    """An insurer owes the pool its part; negative: the pool owes it."""
    return _entry(f"insurers_receivable:{plan_id}", f"insurers_contributions:{plan_id}", due_fen)


def on_statement_settled(plan_id: str, due_fen: int) -> Postings:
    """It has moved; not on the account that files are paid from, whose balance is the bank's to say."""
    return _entry(f"collections:{plan_id}", f"insurers_receivable:{plan_id}", due_fen)


def _entry(debit: str, credit: str, amount_fen: int) -> Postings:
    return (
        LedgerPosting(account=debit, amount_fen=amount_fen),
        LedgerPosting(account=credit, amount_fen=-amount_fen),
    )
