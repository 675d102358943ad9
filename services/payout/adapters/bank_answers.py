"""What the bank's answers say: its receipt for a file, the messages it sends, its books on one payment."""

import json
from dataclasses import dataclass
from typing import Any, Literal

import httpx2

from libs.interop.iso20022 import (
    CAMT054,
    PAIN002,
    MessageUnreadable,
    Notification,
    StatusReport,
    parse_camt054,
    parse_document,
    parse_pain002,
)
from services.payout.adapters.bank_errors import BankAnswerUnreadable


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the bank said on taking a file. Final word on no payment: that comes as an Answer.

    `already_had_it`: this MsgId had come before and nothing was done now; how the first copy was decided is in the
    answers, or in `payment`. `group_status` is of the first copy only: ACCP, PART, or RJCT with every payment refused.
    """

    message_id: str
    already_had_it: bool
    group_status: str | None
    accepted: int
    rejected: int


@dataclass(frozen=True, slots=True)
class Answer:
    """One message of the bank. `position` is the cursor once it is recorded; `message_id` is the bank's own MsgId.

    `content` is None for a kind payout does not use (camt.052, camt.053, pacs.004).
    """

    position: int
    kind: str
    message_id: str
    content: StatusReport | tuple[Notification, ...] | None


@dataclass(frozen=True, slots=True)
class PaymentAtBank:
    """What the bank's books say of one payment of one file, asked directly."""

    end_to_end_id: str
    message_id: str
    amount_fen: int
    state: Literal["accepted", "booked", "rejected", "returned"]
    reason_code: str | None


def read_answer(position: int, data: bytes) -> Answer:
    """Raises MessageUnreadable."""
    document = parse_document(data)
    kind = document.name
    if kind == PAIN002:
        report = parse_pain002(document)
        return Answer(position, kind, report.message_id, report)
    if kind == CAMT054:
        notifications = parse_camt054(document)
        return Answer(position, kind, notifications[0].message_id if notifications else "", notifications)
    if not kind:
        raise MessageUnreadable("answer", "not an ISO 20022 message")
    return Answer(position, kind, "", None)


def payment_at_bank(action: str, row: dict[str, Any]) -> PaymentAtBank:
    status = row.get("status")
    state: Literal["accepted", "booked", "rejected", "returned"]
    match status:
        case "accepted":
            state = "booked" if row.get("booked_at") else "accepted"
        case "rejected" | "returned":
            state = status
        case _:
            raise BankAnswerUnreadable(action, f"status {status!r}")
    reason = row.get("reason")
    return PaymentAtBank(
        end_to_end_id=string(action, row, "end_to_end_id"),
        message_id=string(action, row, "msg_id"),
        amount_fen=integer(action, row, "amount"),
        state=state,
        reason_code=reason if isinstance(reason, str) else None,
    )


def finding_codes(answer: dict[str, Any]) -> tuple[str, ...]:
    """Code and place of each finding; its text may quote a name or an account and is left behind."""
    findings = answer.get("findings")
    if not isinstance(findings, list):
        return ()
    return tuple(f"{item.get('code')} at {item.get('path')}" for item in findings if isinstance(item, dict))


def decoded_json(action: str, response: httpx2.Response) -> object:
    try:
        found: object = json.loads(response.content)
    except ValueError as error:
        raise BankAnswerUnreadable(action, "not JSON") from error
    return found


def json_object(action: str, response: httpx2.Response) -> dict[str, Any]:
    found = decoded_json(action, response)
    if not isinstance(found, dict):
        raise BankAnswerUnreadable(action, "not a JSON object")
    return found


def integer(action: str, found: dict[str, Any], key: str) -> int:
    value = found.get(key)
    if not isinstance(value, int):
        raise BankAnswerUnreadable(action, f"{key} is {value!r}")
    return value


def string(action: str, found: dict[str, Any], key: str) -> str:
    value = found.get(key)
    if not isinstance(value, str):
        raise BankAnswerUnreadable(action, f"{key} is missing")
    return value
