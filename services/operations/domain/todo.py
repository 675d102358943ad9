"""What waits for a person, folded from the events of claims: who owns it, since when, until when. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from services.operations.domain.clocks import Turn

Kind = Literal["pended", "review", "second_person", "appeal", "one_stop", "unpayable", "held"]

HEARD: Mapping[str, frozenset[str]] = {
    "intake": frozenset({"ClaimWithdrawn"}),
    "fraud": frozenset({"ReviewOpened", "ReviewConcluded"}),
    "adjudication": frozenset(
        {
            "ClaimPended", "ClaimAdjudicated", "ClaimDenied", "DecisionConfirmed", "RulingProposed", "RulingApproved",
            "RulingRejected", "AppealOpened", "AppealConcluded", "OneStopDifferenceFound", "OneStopDifferenceEnded",
            "OneStopDifferenceAnswered",
        }
    ),
    "payout": frozenset(
        {
            "PaymentHeld", "PaymentInstructed", "PaymentCancelled", "PaymentRejected", "PaymentReturned",
            "UnpayableReduced", "ClawbackNetted", "PayAgainProposed", "PayAgainApproved",
        }
    ),
}  # fmt: skip
"""The events that open and close what waits for a person, by source."""


@dataclass(frozen=True, slots=True)
class Todo:
    """Something of a claim that waits for `owner`; `what` says which thing it is (a reason, an id)."""

    kind: Kind
    claim_id: str
    person_id: str
    owner: str
    what: str
    since: datetime
    due: datetime | None = None
    amount_fen: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return values | {"since": self.since.isoformat(), "due": self.due.isoformat() if self.due else None}


def in_order(found: Iterable[Todo]) -> list[Todo]:
    """What is due first comes first, then what has no clock, the oldest first."""
    return sorted(
        found, key=lambda todo: (todo.due is None, todo.due or todo.since, todo.claim_id, todo.what)
    )


def todo_of(turns: Iterable[Turn]) -> list[Todo]:
    """What is open after a claim's events, in their order."""
    waiting: dict[tuple[Kind, str], Todo] = {}
    for turn in turns:
        if turn.source == "payout":
            _of_payout(waiting, turn)
        else:
            _of_people(waiting, turn)
    return list(waiting.values())


def _of_people(waiting: dict[tuple[Kind, str], Todo], turn: Turn) -> None:  # noqa: C901 - one flat case per type
    event = turn.event
    match turn.type:
        case "ClaimPended":
            _drop(waiting, "pended")
            for reason in event["reasons"]:
                # The review itself is on the list, with its id.
                if reason["code"] != "fraud_review":
                    since = _moment(reason.get("since")) or turn.moment
                    due = _moment(reason.get("due_at") or event["due_at"])
                    _put(waiting, turn, "pended", reason["owner"], reason["code"], since, due)
        case "ClaimAdjudicated" | "ClaimDenied" | "DecisionConfirmed":
            _drop(waiting, "pended")
        case "ReviewOpened":
            _put(
                waiting, turn, "review", "operator", event["review_id"], turn.moment, _moment(event["due_at"])
            )
        case "ReviewConcluded":
            waiting.pop(("review", event["review_id"]), None)
        case "RulingProposed" if event["needs_second"]:
            _put(waiting, turn, "second_person", "staff", event["ruling_id"], turn.moment, None)
        case "RulingApproved" | "RulingRejected":
            waiting.pop(("second_person", event["ruling_id"]), None)
        case "AppealOpened":
            _put(waiting, turn, "appeal", "staff", event["appeal_id"], turn.moment, _moment(event["due_at"]))
        case "AppealConcluded":
            waiting.pop(("appeal", event["appeal_id"]), None)
        case "OneStopDifferenceFound":
            differs_fen = abs(event["centre_fen"] - event["own_fen"])
            difference = event["difference_id"]
            _put(waiting, turn, "one_stop", "operator", difference, turn.moment, None, differs_fen)
        case "OneStopDifferenceEnded" | "OneStopDifferenceAnswered":
            waiting.pop(("one_stop", event["difference_id"]), None)
        case "ClaimWithdrawn":
            for kind in ("pended", "review", "second_person", "appeal"):
                _drop(waiting, kind)


def _of_payout(waiting: dict[tuple[Kind, str], Todo], turn: Turn) -> None:
    event = turn.event
    payment, decision = str(event.get("payment_id")), str(event["decision_id"])
    match turn.type:
        case "PaymentHeld":
            _put(waiting, turn, "held", "enrolment", decision, turn.moment, None, event["amount_fen"])
        case "PaymentInstructed" | "PaymentCancelled":
            waiting.pop(("held", decision), None)
        case "PaymentRejected" | "PaymentReturned":
            _put(waiting, turn, "unpayable", "operator", payment, turn.moment, None, event["amount_fen"])
        case "PayAgainProposed":
            # The same money: from now on it waits for the second person only.
            waiting.pop(("unpayable", payment), None)
            _put(waiting, turn, "second_person", "approver", payment, turn.moment, None, event["amount_fen"])
        case "PayAgainApproved":
            waiting.pop(("second_person", payment), None)
        case "UnpayableReduced" | "ClawbackNetted":
            _reduce(waiting, payment, event["amount_fen"])


def _reduce(waiting: dict[tuple[Kind, str], Todo], payment: str, amount_fen: int) -> None:
    """Less of a payment that came back is still owed, whoever it waits for."""
    kinds: tuple[Kind, ...] = ("unpayable", "second_person")
    for key in [(kind, payment) for kind in kinds if (kind, payment) in waiting]:
        left_fen = (waiting[key].amount_fen or 0) - amount_fen
        if left_fen > 0:
            waiting[key] = replace(waiting[key], amount_fen=left_fen)
        else:
            del waiting[key]


def _put(
    waiting: dict[tuple[Kind, str], Todo],
    turn: Turn,
    kind: Kind,
    owner: str,
    what: str,
    since: datetime,
    due: datetime | None,
    amount_fen: int | None = None,
) -> None:
    about = (turn.event["claim_id"], turn.event["person_id"])
    waiting[kind, what] = Todo(kind, *about, owner, what, since, due, amount_fen)


def _drop(waiting: dict[tuple[Kind, str], Todo], kind: str) -> None:
    for key in [key for key in waiting if key[0] == kind]:
        del waiting[key]


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
