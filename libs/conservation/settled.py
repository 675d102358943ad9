"""Rules of a claim's bill: the national identities hold, and every service works on the same bill."""

from collections.abc import Iterator

from libs.conservation.books import ClaimBooks
from libs.conservation.facts import Lines
from libs.conservation.report import Broken
from libs.contracts.settlement import Settlement


def bill_rules(books: ClaimBooks) -> Iterator[Broken]:
    """What does not hold of the bill as registered, and as the others noted it."""
    if len(books.registered) > 1:
        yield Broken("registered_once", f"the claim is registered {len(books.registered)} times")
    for registered in books.registered:
        for identity in registered.settlement.broken_identities():
            yield Broken("settlement_identity", identity)
        yield from _lines_rules(registered.settlement, books.registered_lines)
    known = books.registered[0] if books.registered else None
    if known is None:
        yield Broken("registered_first", "the claim goes on without having been registered")
        return
    for opened in books.opened:
        if opened.settlement != known.settlement or books.opened_lines != books.registered_lines:
            yield Broken("opened_as_registered", "adjudication works on another bill than intake registered")
    yield from _noted_rules(books, known.settlement)


def _lines_rules(settlement: Settlement, lines: Lines | None) -> Iterator[Broken]:
    if lines is None or not lines.count:
        return
    for fault in lines.faults:
        yield Broken("line_adds_up", fault)
    billed = (
        settlement.self_funded_fen,
        settlement.over_limit_fen,
        settlement.first_pay_fen,
        settlement.in_scope_fen,
    )
    if lines.amount_fen != settlement.total_fen or lines.buckets_fen != billed:
        sides = f"{lines.amount_fen} ({lines.buckets_fen}) ≠ {settlement.total_fen} ({billed}) fen"
        yield Broken("lines_add_up_to_bill", f"lines ≠ bill: {sides}")


def _noted_rules(books: ClaimBooks, settlement: Settlement) -> Iterator[Broken]:
    for records in books.records:
        bureau = (records.bureau_total_fen, records.bureau_fund_fen)
        hospital = (settlement.total_fen, settlement.fund_total_fen)
        if records.settlement_matches != (bureau == hospital):
            said = "equal" if records.settlement_matches else "different"
            yield Broken("bureau_compared", f"said to be {said}: bureau {bureau}, hospital {hospital} fen")
    for noted in books.facts_noted:
        itemised_fen = books.registered_lines.amount_fen if books.registered_lines else 0
        facts = noted.facts
        if (facts.bill_fen, facts.itemised_fen) != (settlement.total_fen, itemised_fen):
            sides = f"{facts.bill_fen} ≠ {settlement.total_fen}, or {facts.itemised_fen} ≠ {itemised_fen} fen"
            yield Broken("scored_as_registered", f"fraud judged another bill: {sides}")
