"""A line of a log becomes what it says about money; everything else of it is forgotten at once."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from libs import contracts
from libs.conservation.report import Place
from libs.contracts import ClaimEvent, Event
from libs.contracts.adjudication import (
    AdjudicationReversed,
    ClaimAdjudicated,
    ClaimDenied,
    ClaimOpened,
    ClaimWithdrawalNoted,
)
from libs.contracts.charity import (
    BurdenNoted,
    BurdenWithdrawn,
    ReferralMade,
    ReferralRevised,
    ReferralWithdrawn,
)
from libs.contracts.fraud import ClaimFactsNoted
from libs.contracts.intake import ClaimCorrected, ClaimRegistered, ClaimWithdrawn
from libs.contracts.medical_data import RecordsAttached
from libs.contracts.payout import (
    ClawbackNetted,
    ClawbackRaised,
    ClawbackRepaid,
    ClawbackWrittenOff,
    DeskSettlementBooked,
    EntitlementRevised,
    PaymentCancelled,
    PaymentFileClosed,
    PaymentHeld,
    PaymentInstructed,
    PaymentRejected,
    PaymentReturned,
    PaymentSettled,
    PaymentsStayed,
    StayLifted,
    UnpayableReduced,
)
from libs.contracts.settlement import FeeLine
from libs.eventlog.event import Recorded

MONEY_TYPES = frozenset(
    kind.__name__
    for kind in (
        ClaimRegistered,
        ClaimCorrected,
        ClaimWithdrawn,
        RecordsAttached,
        ClaimFactsNoted,
        ClaimOpened,
        ClaimWithdrawalNoted,
        ClaimAdjudicated,
        ClaimDenied,
        AdjudicationReversed,
        EntitlementRevised,
        DeskSettlementBooked,
        PaymentHeld,
        PaymentInstructed,
        PaymentCancelled,
        PaymentFileClosed,
        PaymentSettled,
        PaymentRejected,
        PaymentReturned,
        PaymentsStayed,
        StayLifted,
        UnpayableReduced,
        ClawbackRaised,
        ClawbackNetted,
        ClawbackRepaid,
        ClawbackWrittenOff,
        BurdenNoted,
        BurdenWithdrawn,
        ReferralMade,
        ReferralRevised,
        ReferralWithdrawn,
    )
)


@dataclass(frozen=True, slots=True)
class Lines:
    """The items of a bill, reduced to what is compared: their digest, their sum and what does not add up."""

    count: int
    digest: bytes
    amount_fen: int
    buckets_fen: tuple[int, int, int, int]
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explained:
    """What a decision's explanation comes to, and what in it does not add up."""

    total_fen: int
    plan_fen: int
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """An event about money. It comes after the events it `needs`; others find it by what it `provides`."""

    place: Place
    event_id: UUID
    event: Event
    lines: Lines | None
    explained: Explained | None
    needs: tuple[str, ...]
    provides: tuple[str, ...]


def place_of(recorded: Recorded) -> Place:
    """Where the event stands."""
    moment = recorded.recorded_at.isoformat(timespec="microseconds")
    return Place(recorded.source, recorded.shard, recorded.position, recorded.type, moment)


def fact_of(recorded: Recorded) -> Fact | None:
    """What the event says about money; None when nothing. Raises a `libs.contracts` error when unreadable."""
    if recorded.type not in MONEY_TYPES:
        contracts.latest_version(recorded.type)
        return None
    event = recorded.decode()
    lines = _lines(event.lines) if isinstance(event, ClaimRegistered | ClaimCorrected | ClaimOpened) else None
    explained = _explained(event.explanation) if isinstance(event, ClaimAdjudicated) else None
    needs = [f"event-{recorded.caused_by}"] if recorded.caused_by else []
    needs += _refers_to(event)
    provides = [f"event-{recorded.event_id}", *_is_known_as(event)]
    return Fact(
        place_of(recorded),
        recorded.event_id,
        _slim(event),
        lines,
        explained,
        tuple(needs),
        tuple(provides),
    )


def _is_known_as(event: Event) -> list[str]:
    match event:
        case ClaimRegistered():
            return [f"claim-{event.claim_id}"]
        case ClaimAdjudicated() | ClaimDenied():
            return [f"decision-{event.decision_id}"]
        case AdjudicationReversed(replaced_by=None):
            return [f"withdrawal-{event.decision_id}"]
        case PaymentInstructed():
            return [f"payment-{event.payment_id}"]
        case ClawbackRaised():
            return [f"clawback-{event.clawback_id}"]
        case _:
            return []


def _refers_to(event: Event) -> list[str]:
    match event:
        case ClaimRegistered():
            return []
        case PaymentFileClosed():
            return [f"payment-{payment_id}" for payment_id in event.payment_ids]
        case EntitlementRevised(withdrawn=True) | ClawbackRaised(reason="withdrawn") | BurdenWithdrawn():
            return [f"withdrawal-{event.decision_id}", f"decision-{event.decision_id}"]
        case ClawbackNetted():
            return [f"decision-{event.decision_id}", f"clawback-{event.clawback_id}"]
        case ClawbackRepaid() | ClawbackWrittenOff():
            return [f"clawback-{event.clawback_id}"]
        case (
            PaymentSettled() | PaymentRejected() | PaymentReturned() | PaymentCancelled() | UnpayableReduced()
        ):
            return [f"payment-{event.payment_id}"]
        case (
            PaymentInstructed()
            | PaymentHeld()
            | EntitlementRevised()
            | DeskSettlementBooked()
            | ClawbackRaised()
            | BurdenNoted()
            | ReferralMade()
            | ReferralRevised()
            | ReferralWithdrawn()
        ):
            return [f"decision-{event.decision_id}"]
        case ClaimEvent():
            return [f"claim-{event.claim_id}"]
        case _:
            return []


def _slim(event: Event) -> Event:
    """Without the text that no rule reads: a city's history has to fit into memory."""
    dropped: Mapping[type[Event], dict[str, object]] = {
        ClaimRegistered: {"lines": (), "identity": "", "medical": ""},
        ClaimCorrected: {"lines": (), "identity": "", "medical": ""},
        ClaimOpened: {"lines": ()},
        ClaimAdjudicated: {"explanation": None},
        RecordsAttached: {"records": "", "prior_stays": ()},
        PaymentInstructed: {"creditor": ""},
    }
    update = dropped.get(type(event))
    return event.model_copy(update=update) if update is not None else event


def _lines(lines: tuple[FeeLine, ...]) -> Lines:
    digest = hashlib.sha256()
    faults: list[str] = []
    amount_fen = 0
    sums = [0, 0, 0, 0]
    for line in lines:
        digest.update(line.model_dump_json().encode())
        buckets = (line.self_funded_fen, line.over_limit_fen, line.first_pay_fen, line.in_scope_fen)
        amount_fen += line.amount_fen
        sums = [total + bucket for total, bucket in zip(sums, buckets, strict=True)]
        if sum(buckets) != line.amount_fen:
            faults.append(f"line {line.line_no}: buckets sum to {sum(buckets)}, not {line.amount_fen} fen")
    return Lines(len(lines), digest.digest(), amount_fen, (sums[0], sums[1], sums[2], sums[3]), tuple(faults))


def _explained(root: Any) -> Explained:
    """A node's children are its parts; a tree that has another shape is a fault of its own."""
    try:
        faults = tuple(_node_faults(root, "explanation"))
        plan_fen = sum(
            part["result_fen"]
            for bill in root["children"]
            for part in bill["children"]
            if part["kind"] == "plan"
        )
        return Explained(root["result_fen"], plan_fen, faults)
    except (KeyError, TypeError):
        return Explained(0, 0, (f"not an explanation: {orjson.dumps(root)[:80].decode(errors='replace')}",))


def _node_faults(node: dict[str, Any], path: str) -> list[str]:
    children = node["children"]
    faults = []
    parts_fen = sum(child["result_fen"] for child in children)
    if children and parts_fen != node["result_fen"]:
        faults.append(f"{path}: parts sum to {parts_fen}, not {node['result_fen']} fen")
    for index, child in enumerate(children):
        faults += _node_faults(child, f"{path}.{index}")
    return faults
