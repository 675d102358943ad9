"""Ledger = bank: every movement that payout has booked is in the bank's own messages, once, and the other way round.

Of payout only its events' postings are believed; of the bank its statements (camt.053) and notifications (camt.054).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import orjson

from libs.interop.iso20022 import (
    CAMT053,
    CAMT054,
    BookedEntry,
    MessageUnreadable,
    Statement,
    message_name,
    parse_camt053,
    parse_camt054,
)
from libs.proof.cut import Cut
from libs.proof.report import Checked, Reporter

PAYOUT = "payout"
_BANK_ACCOUNTS = "bank:"


@dataclass(frozen=True, slots=True)
class Movement:
    """What an event of payout books on the pool's bank accounts: `amount_fen` out (negative: in)."""

    reference: str
    amount_fen: int
    claim_id: str
    place: str
    since: str


@dataclass(frozen=True, slots=True)
class AtBank:
    """An entry, and the number of the first message that told it."""

    entry: BookedEntry
    message: int

    @property
    def amount_fen(self) -> int:
        """Out of the account; negative: in."""
        return self.entry.amount_fen if self.entry.direction == "debit" else -self.entry.amount_fen


def check_bank(cut: Cut, messages: Mapping[int, bytes]) -> Checked:
    """Compare the ledger of the cut with the bank's messages by their numbers, read after the cut was taken."""
    reporter = Reporter("bank")
    statements, entries = _read(reporter, messages)
    movements = _movements(reporter, cut)
    _ledger_is_at_bank(reporter, movements, entries)
    _bank_is_in_ledger(reporter, movements, entries)
    _statements_add_up(reporter, statements, entries)
    return reporter.checked()


def _read(
    reporter: Reporter, messages: Mapping[int, bytes]
) -> tuple[list[tuple[int, Statement]], dict[str, AtBank]]:
    statements: list[tuple[int, Statement]] = []
    entries: dict[str, AtBank] = {}
    for number, content in sorted(messages.items()):
        told: Iterable[BookedEntry] = ()
        try:
            match message_name(content):
                case name if name == CAMT053:
                    days = parse_camt053(content)
                    statements += [(number, day) for day in days]
                    told = [entry for day in days for entry in day.entries]
                    reporter.count("statements", len(days))
                case name if name == CAMT054:
                    told = [entry for each in parse_camt054(content) for entry in each.entries]
                    reporter.count("notifications")
                case _:
                    continue
        except MessageUnreadable as error:
            reporter.find("bank_message_readable", f"message {number}", str(error), where=f"bank/{number}")
        for entry in told:
            _tell(reporter, entries, AtBank(entry, number))
    reporter.count("bank_entries", len(entries))
    return statements, entries


def _tell(reporter: Reporter, entries: dict[str, AtBank], told: AtBank) -> None:
    known = entries.setdefault(told.entry.bank_reference, told)
    if known.amount_fen != told.amount_fen:
        sentence = f"told with {known.amount_fen} fen in message {known.message}, then {told.amount_fen} fen"
        _find_entry(reporter, "bank_says_the_same", told, sentence)


def _movements(reporter: Reporter, cut: Cut) -> dict[str, Movement]:
    movements: dict[str, Movement] = {}
    for recorded in cut.events(PAYOUT):
        if b'"bank:' not in recorded.body:
            continue
        body = orjson.loads(recorded.body)
        amount_fen = -sum(
            posting["amount_fen"]
            for posting in body.get("postings", ())
            if posting["account"].startswith(_BANK_ACCOUNTS)
        )
        movement = Movement(
            reference=str(body.get("bank_reference")),
            amount_fen=amount_fen,
            claim_id=str(body.get("claim_id")),
            place=f"{recorded.source}/{recorded.shard}/{recorded.position} {recorded.type}",
            since=recorded.recorded_at.isoformat(timespec="microseconds"),
        )
        reporter.count("ledger_movements")
        reporter.count("ledger_out_fen", amount_fen)
        if movement.reference in movements:
            sentence = f"the bank's booking {movement.reference} is in the ledger twice"
            _find_movement(reporter, "booked_once", movement, sentence)
        movements[movement.reference] = movement
    return movements


def _ledger_is_at_bank(
    reporter: Reporter, movements: Mapping[str, Movement], entries: Mapping[str, AtBank]
) -> None:
    for movement in movements.values():
        told = entries.get(movement.reference)
        if told is None:
            sentence = f"{movement.amount_fen} fen are in the ledger; no message of the bank has them"
            _find_movement(reporter, "ledger_is_at_bank", movement, sentence)
        elif told.amount_fen != movement.amount_fen:
            sentence = f"{movement.amount_fen} fen in the ledger, {told.amount_fen} fen at the bank"
            _find_movement(reporter, "ledger_is_at_bank", movement, sentence)
        else:
            reporter.count("matched")
            reporter.count("matched_out_fen", movement.amount_fen)


def _bank_is_in_ledger(
    reporter: Reporter, movements: Mapping[str, Movement], entries: Mapping[str, AtBank]
) -> None:
    """Payout reads the bank's messages in order: what comes after the last it has booked may still be on its way."""
    read_to = max((told.message for ref, told in entries.items() if ref in movements), default=0)
    for reference, told in entries.items():
        if reference in movements:
            continue
        if told.message > read_to:
            reporter.count("not_read_by_payout_yet")
            continue
        sentence = f"the bank has moved {told.amount_fen} fen that the ledger does not have"
        _find_entry(reporter, "bank_is_in_ledger", told, sentence)


def _statements_add_up(
    reporter: Reporter, statements: Sequence[tuple[int, Statement]], entries: Mapping[str, AtBank]
) -> None:
    before: dict[str, Statement] = {}
    for number, statement in statements:
        where = f"bank/{number}"
        about = f"statement {statement.message_id}"
        out_fen = sum(e.amount_fen if e.direction == "debit" else -e.amount_fen for e in statement.entries)
        if statement.opening_fen - out_fen != statement.closing_fen:
            sides = f"opens with {statement.opening_fen}, closes with {statement.closing_fen} fen"
            reporter.find("statement_adds_up", about, f"{sides}, its entries take {out_fen} fen", where=where)
        last = before.get(statement.account)
        if last is not None and last.closing_fen != statement.opening_fen:
            sentence = (
                f"opens with {statement.opening_fen}, the day before closed with {last.closing_fen} fen"
            )
            reporter.find("statements_follow", about, sentence, where=where)
        before[statement.account] = statement
    _notified_is_stated(reporter, statements, entries)


def _notified_is_stated(
    reporter: Reporter, statements: Sequence[tuple[int, Statement]], entries: Mapping[str, AtBank]
) -> None:
    """What was notified of a day that has its statement is on that statement."""
    stated = {entry.bank_reference for _, statement in statements for entry in statement.entries}
    days = {entry.booked_on for _, statement in statements for entry in statement.entries}
    for reference, told in entries.items():
        if reference not in stated and told.entry.booked_on in days:
            sentence = f"notified, but not on the statement of {told.entry.booked_on}"
            _find_entry(reporter, "notified_is_stated", told, sentence)


def _find_movement(reporter: Reporter, rule: str, movement: Movement, sentence: str) -> None:
    reporter.find(rule, f"claim {movement.claim_id}", sentence, where=movement.place, since=movement.since)


def _find_entry(reporter: Reporter, rule: str, told: AtBank, sentence: str) -> None:
    since = (told.entry.booked_at or told.entry.booked_on).isoformat()
    about = f"booking {told.entry.bank_reference}"
    reporter.find(rule, about, sentence, where=f"bank/{told.message}", since=since)
