"""Ledger = bank: every movement that payout has booked is in the bank's own messages, once, and the other way round.

Of payout only its events' postings and its files' MsgIds are believed; of the bank its statements (camt.053) and
notifications (camt.054). The pool's accounts are those on which the bank has booked something of ours: what the
bank says of others', which may be in other currencies, is passed over and counted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import orjson

from libs.contracts.payout import PaymentFileClosed
from libs.interop.iso20022 import BookedEntry, MessageUnreadable, Notification, Statement, account_reports
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


@dataclass(frozen=True, slots=True)
class _Told:
    """What a message tells of one account; why not, when that cannot be read."""

    account: str
    message: int
    said: Statement | Notification | MessageUnreadable

    @property
    def entries(self) -> Sequence[BookedEntry]:
        return () if isinstance(self.said, MessageUnreadable) else self.said.entries


@dataclass(slots=True)
class _Ledger:
    """The movements of payout's log by the bank's reference, and the MsgIds of the files that it has closed."""

    movements: dict[str, Movement] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)

    def has(self, entry: BookedEntry) -> bool:
        """Whether the bank has booked this for us."""
        return entry.bank_reference in self.movements or entry.original_message_id in self.files


def check_bank(cut: Cut, messages: Mapping[int, bytes]) -> Checked:
    """Compare the ledger of the cut with the bank's messages by their numbers, read after the cut was taken."""
    reporter = Reporter("bank")
    ledger = _ledger(reporter, cut)
    statements, entries = _of_the_pool(reporter, ledger, _read(reporter, messages))
    _ledger_is_at_bank(reporter, ledger.movements, entries)
    _bank_is_in_ledger(reporter, ledger.movements, entries)
    _statements_add_up(reporter, statements, entries)
    return reporter.checked()


def _read(reporter: Reporter, messages: Mapping[int, bytes]) -> list[_Told]:
    told: list[_Told] = []
    for number, content in sorted(messages.items()):
        try:
            reports = account_reports(content)
        except MessageUnreadable as error:
            _find_unreadable(reporter, number, error)
            continue
        for report in reports:
            said: Statement | Notification | MessageUnreadable
            try:
                said = report.read()
            except MessageUnreadable as error:
                said = error
            told.append(_Told(report.account, number, said))
    return told


def _of_the_pool(
    reporter: Reporter, ledger: _Ledger, told: Sequence[_Told]
) -> tuple[list[tuple[int, Statement]], dict[str, AtBank]]:
    accounts = {each.account for each in told if any(map(ledger.has, each.entries))}
    statements: list[tuple[int, Statement]] = []
    entries: dict[str, AtBank] = {}
    for each in told:
        if each.account not in accounts:
            reporter.count("passed_over_of_other_accounts")
            continue
        match each.said:
            case MessageUnreadable() as error:
                _find_unreadable(reporter, each.message, error)
            case Statement() as statement:
                statements.append((each.message, statement))
                reporter.count("statements")
            case Notification():
                reporter.count("notifications")
        for entry in each.entries:
            _tell(reporter, entries, AtBank(entry, each.message))
    reporter.count("bank_entries", len(entries))
    return statements, entries


def _tell(reporter: Reporter, entries: dict[str, AtBank], told: AtBank) -> None:
    known = entries.setdefault(told.entry.bank_reference, told)
    if known.amount_fen != told.amount_fen:
        sentence = f"told with {known.amount_fen} fen in message {known.message}, then {told.amount_fen} fen"
        _find_entry(reporter, "bank_says_the_same", told, sentence)


def _ledger(reporter: Reporter, cut: Cut) -> _Ledger:
    ledger = _Ledger()
    for recorded in cut.events(PAYOUT):
        if recorded.type == PaymentFileClosed.__name__:
            ledger.files.add(orjson.loads(recorded.body)["message_id"])
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
        if movement.reference in ledger.movements:
            sentence = f"the bank's booking {movement.reference} is in the ledger twice"
            _find_movement(reporter, "booked_once", movement, sentence)
        ledger.movements[movement.reference] = movement
    return ledger


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


def _find_unreadable(reporter: Reporter, message: int, error: MessageUnreadable) -> None:
    reporter.find("bank_message_readable", f"message {message}", str(error), where=f"bank/{message}")


def _find_movement(reporter: Reporter, rule: str, movement: Movement, sentence: str) -> None:
    reporter.find(rule, f"claim {movement.claim_id}", sentence, where=movement.place, since=movement.since)


def _find_entry(reporter: Reporter, rule: str, told: AtBank, sentence: str) -> None:
    since = (told.entry.booked_at or told.entry.booked_on).isoformat()
    about = f"booking {told.entry.bank_reference}"
    reporter.find(rule, about, sentence, where=f"bank/{told.message}", since=since)
