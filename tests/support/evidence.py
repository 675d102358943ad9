"""An evidence pack made from a history that the real decider wrote, without any service running."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from libs.benefits import load_plans
from libs.contracts.adjudication import ClaimAdjudicated
from libs.contracts.operations import amendments_of
from libs.contracts.payout import LedgerPosting, PaymentInstructed, PaymentSettled
from libs.eventlog.day_roots import DayRoot, Leaf, next_roots
from libs.eventlog.event import Recorded
from libs.eventlog.hash_chain import GENESIS
from libs.eventlog.merkle import inclusion_proof
from libs.eventlog.root_signing import RootSigner, open_signer
from libs.proof.pack import ClaimEvidence, ProvedEvent, pack_files
from libs.testing.heard_events import SEALED
from services.adjudication.domain.recomputing import PersonReplay
from services.adjudication.domain.state import initial
from services.adjudication.entrypoints.receipts import as_json
from tests.support.decided_history import LogWriter, a_decided_history
from tests.unit.adjudication.heard_events import NOW

CLAIM, PERSON = "claim-3-a", f"p_{3:032x}"
"""Decided, corrected and decided anew."""
_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def a_paid_history() -> LogWriter:
    """The decided history, with a payment of the claim's first decision that the bank has booked."""
    writer = a_decided_history(6)
    first = next(
        event
        for recorded in (each for log in writer.logs.values() for each in log)
        if recorded.subject == f"claim-{CLAIM}" and isinstance(event := recorded.decode(), ClaimAdjudicated)
    )
    amount_fen = first.plan_pays_fen + first.cash_benefits_fen
    about: dict[str, Any] = {
        "person_id": PERSON, "claim_id": CLAIM, "payment_id": "payment-1", "decision_id": first.decision_id,
        "plan_id": first.plan_id, "amount_fen": amount_fen, "received_at": NOW,
    }  # fmt: skip
    later = NOW + timedelta(minutes=1)
    instructed = PaymentInstructed(
        **about, end_to_end_id="E1", creditor=SEALED, instructed_at=later,
        postings=_entry("claims_expense", "claims_payable", amount_fen),
    )  # fmt: skip
    settled = PaymentSettled(
        **about, bank_reference="B1", booked_at=later, settled_at=later,
        postings=_entry("claims_payable", "bank", amount_fen),
    )  # fmt: skip
    for event in (instructed, settled):
        writer.append("payout", f"claim-{CLAIM}", event, later)
    return writer


def a_signer(directory: Path) -> RootSigner:
    """The same key for every service, in a directory of its own."""
    (directory / "key.pem").write_bytes(_KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return open_signer(directory / "key.pem")


def roots_of(writer: LogWriter, signer: RootSigner | None = None) -> list[DayRoot]:
    """The roots that the logs would publish, each day closed."""
    return [
        signer.signed(root) if signer else root
        for (source, shard), log in sorted(writer.logs.items())
        for root in next_roots(
            source, shard, None, (Leaf(e.position, e.recorded_at, e.hash) for e in log), None
        )
    ]


def pack_of(writer: LogWriter, signer: RootSigner | None = None) -> dict[str, bytes]:
    """The files of the claim's pack."""
    roots = roots_of(writer, signer)
    of_claim = [event for log in writer.logs.values() for event in log if event.subject == f"claim-{CLAIM}"]
    amending = {amendments_of(event.event_id) for event in of_claim}
    events = of_claim + [event for log in writer.logs.values() for event in log if event.subject in amending]
    proved = [_proved(event, writer, roots) for event in events]
    lanes = {(event.source, event.shard) for event in events}
    used = [root for root in roots if (root.source, root.shard) in lanes]
    evidence = ClaimEvidence(CLAIM, PERSON, NOW.isoformat(), proved, used, _receipts(writer))
    return pack_files(evidence)


def _proved(event: Recorded, writer: LogWriter, roots: Sequence[DayRoot]) -> ProvedEvent:
    log = writer.logs[event.source, event.shard]
    (root,) = [
        root
        for root in roots
        if (root.source, root.shard) == (event.source, event.shard)
        and root.first_position <= event.position <= root.last_position
    ]
    hashes = [each.hash for each in log[root.first_position - 1 : root.last_position]]
    index = event.position - root.first_position
    path = [beside.hex() for beside in inclusion_proof(hashes, index)]
    previous = log[event.position - 2].hash if event.position > 1 else GENESIS
    return ProvedEvent(event, root.number, index, path, previous.hex())


def _receipts(writer: LogWriter) -> list[Mapping[str, Any]]:
    stream_id = f"person-{PERSON}"
    plans = {plan.digest: plan for plan in load_plans().values()}
    contents = {digest: plan.canonical_json for digest, plan in plans.items()}
    replay = PersonReplay(initial(stream_id), plans)
    receipts = []
    for (source, _), log in writer.logs.items():
        for recorded in log:
            if source != "adjudication" or recorded.stream_id != stream_id:
                continue
            receipt = replay.take(recorded.decode())
            if receipt is not None and receipt.decision.claim_id == CLAIM:
                receipts.append(orjson.loads(orjson.dumps(as_json(recorded, receipt, contents))))
    return receipts


def _entry(debit: str, credit: str, amount_fen: int) -> tuple[LedgerPosting, ...]:
    return (
        LedgerPosting(account=f"{debit}:demo-generic", amount_fen=amount_fen),
        LedgerPosting(account=f"{credit}:demo-generic", amount_fen=-amount_fen),
    )
