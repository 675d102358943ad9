"""Rules of a claim's bill: the national identities hold, and every service works on the same bill, in each revision."""

from collections.abc import Iterator
from itertools import pairwise

from libs.conservation.books import ClaimBooks, revision_of
from libs.conservation.facts import Lines
from libs.conservation.report import Broken
from libs.contracts.intake import ClaimRegistered
from libs.contracts.settlement import Settlement


def bill_rules(books: ClaimBooks) -> Iterator[Broken]:
    """What does not hold of the bill as filed, and as the others noted it."""
    registered = [filed for filed in books.filed if isinstance(filed, ClaimRegistered)]
    if len(registered) > 1:
        yield Broken("registered_once", f"the claim is registered {len(registered)} times")
    if not registered:
        yield Broken("registered_first", "the claim goes on without having been registered")
    revisions = [revision_of(filed) for filed in books.filed]
    if len(registered) == 1 and not _follow(revisions, books.annulled_corrections):
        yield Broken("revisions_follow", f"the bill was filed as revisions {revisions}")
    for filed in books.filed:
        for identity in filed.settlement.broken_identities():
            yield Broken("settlement_identity", identity)
        yield from _lines_rules(filed.settlement, books.filed_lines.get(revision_of(filed)))
    for opened in books.opened:
        known = books.filed_as(opened.revision)
        lines = books.opened_lines.get(opened.revision)
        if known is None or opened.settlement != known.settlement or opened.visit != known.visit:
            yield Broken("opened_as_registered", "adjudication works on another bill than intake accepted")
        elif lines != books.filed_lines.get(opened.revision):
            yield Broken("opened_as_registered", "adjudication works on other items than intake accepted")
        elif opened.one_stop != known.one_stop:
            yield Broken("opened_as_registered", "adjudication has other amounts of the insurance centre")
    yield from _noted_rules(books)


def _follow(revisions: list[int], annulled: int) -> bool:
    """From 1 upwards, each once, without a hole but where a correction was annulled."""
    rising = revisions[0] == 1 and all(one < other for one, other in pairwise(revisions))
    return rising and revisions[-1] - len(revisions) <= annulled


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


def _noted_rules(books: ClaimBooks) -> Iterator[Broken]:
    for records in books.records:
        filed = books.filed_as(records.revision)
        if filed is None:
            continue
        bureau = (records.bureau_total_fen, records.bureau_fund_fen)
        hospital = (filed.settlement.total_fen, filed.settlement.fund_total_fen)
        if records.settlement_matches != (bureau == hospital):
            said = "equal" if records.settlement_matches else "different"
            yield Broken("bureau_compared", f"said to be {said}: bureau {bureau}, hospital {hospital} fen")
    for noted in books.facts_noted:
        filed = books.filed_as(noted.revision)
        if filed is None:
            continue
        lines = books.filed_lines.get(noted.revision)
        itemised_fen, total_fen = lines.amount_fen if lines else 0, filed.settlement.total_fen
        facts = noted.facts
        if (facts.bill_fen, facts.itemised_fen) != (total_fen, itemised_fen):
            sides = f"{facts.bill_fen} ≠ {total_fen}, or {facts.itemised_fen} ≠ {itemised_fen} fen"
            yield Broken("scored_as_registered", f"fraud judged another bill: {sides}")
