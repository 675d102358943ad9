"""The walk over a history: after each event about money, every rule that it can touch is asked again."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator

from libs.conservation.accounts import Booked, PlanAccounts
from libs.conservation.balances import YearBalances
from libs.conservation.books import ClaimBooks
from libs.conservation.burdens import YearBurden, burden_rules
from libs.conservation.decided import decision_rules
from libs.conservation.facts import Fact, fact_of, place_of
from libs.conservation.files import Files
from libs.conservation.ordering import in_causal_order
from libs.conservation.paid import payment_rules, waiting_rules
from libs.conservation.positions import Heads, Positions
from libs.conservation.report import Broken, Place, Report, Totals, Violation
from libs.conservation.settled import bill_rules
from libs.contracts import ClaimEvent, Event
from libs.contracts.adjudication import ClaimAdjudicated, ClaimDenied, ClaimOpened
from libs.contracts.charity import BurdenNoted, ReferralMade
from libs.contracts.fraud import ClaimFactsNoted
from libs.contracts.intake import ClaimRegistered
from libs.contracts.medical_data import RecordsAttached
from libs.contracts.payout import (
    PaymentFileClosed,
    PaymentHeld,
    PaymentInstructed,
    PaymentRejected,
    PaymentReturned,
    PaymentSettled,
)
from libs.contracts.registry import ContractError
from libs.eventlog.envelope import EnvelopeUnreadable, from_json

#: Of one fault in a deployment every claim may complain; the first ones say what is wrong.
MOST_VIOLATIONS = 1_000

_SHELVES = {
    ClaimRegistered: "registered",
    ClaimOpened: "opened",
    RecordsAttached: "records",
    ClaimFactsNoted: "facts_noted",
    ClaimAdjudicated: "decisions",
    ClaimDenied: "decisions",
    PaymentHeld: "held",
    PaymentInstructed: "instructed",
    PaymentSettled: "settled",
    PaymentRejected: "rejected",
    PaymentReturned: "returned",
    BurdenNoted: "burdens",
    ReferralMade: "referrals",
}


def check_history(
    lines: Iterable[bytes],
    *,
    heads: Heads | None = None,
    finished: bool = False,
    progress: Callable[[int], None] = lambda lines: None,
) -> Report:
    """Check a history given as lines of logs, in any order; blank lines are skipped.

    `heads`: the last position by (source, shard) when known, so that a missing end is noticed too. `finished`: also
    demand that nothing waits: every claim decided, every decision paid or held, every payment concluded. `progress`
    is called with the number of lines read, every thousand.
    """
    check = _Check()
    facts = check.read(lines, progress)
    check.positions_hold(heads)
    for fact in in_causal_order(facts):
        check.take(fact)
    if finished:
        check.nothing_waits()
    return check.report()


class _Check:
    """Everything seen so far. A rule that stays broken is reported once, since the event that broke it."""

    def __init__(self) -> None:
        self._claims: dict[str, ClaimBooks] = {}
        self._plans: dict[str, PlanAccounts] = {}
        self._years: dict[tuple[str, str, str], YearBalances] = defaultdict(YearBalances)
        self._burdens: dict[tuple[str, int], YearBurden] = defaultdict(YearBurden)
        self._files = Files()
        self._positions = Positions()
        self._reported: set[tuple[str, str]] = set()
        self._violations: list[Violation] = []
        self._events = 0
        self._money_events = 0
        self._sums: Counter[str] = Counter()
        self._borne: Counter[str] = Counter()

    def read(self, lines: Iterable[bytes], progress: Callable[[int], None]) -> list[Fact]:
        """The lines that say something about money; one that cannot be read is a violation."""
        facts: list[Fact] = []
        for number, line in enumerate(lines, start=1):
            if number % 1_000 == 0:
                progress(number)
            if line.strip():
                self._read_line(number, line, facts)
        self._money_events = len(facts)
        return facts

    def _read_line(self, number: int, line: bytes, facts: list[Fact]) -> None:
        self._events += 1
        try:
            recorded = from_json(line)
        except EnvelopeUnreadable as error:
            self._report(f"line {number}", [Broken("line_readable", str(error))], None)
            return
        self._positions.see(recorded)
        try:
            fact = fact_of(recorded)
        except ContractError as error:
            place = place_of(recorded)
            self._report(str(place), [Broken("event_readable", str(error))], place)
            return
        if fact is not None:
            facts.append(fact)

    def positions_hold(self, heads: Heads | None) -> None:
        """Report what is missing or there twice."""
        for violation in self._positions.violations(heads):
            self._violations.append(violation)

    def take(self, fact: Fact) -> None:
        """Put an event into the books and ask the rules."""
        event = fact.event
        if isinstance(event, PaymentFileClosed):
            self._report(f"file {event.file_id}", self._files.close(event), fact.place)
            return
        assert isinstance(event, ClaimEvent), f"{fact.place.type} is about no claim"
        books = self._claims.setdefault(event.claim_id, ClaimBooks(event.claim_id))
        self._shelve(books, fact)
        self._report(f"claim {event.claim_id}", _claim_rules(books), fact.place)
        self._take_beyond_claim(event, fact.place)
        self._add(event)

    def _shelve(self, books: ClaimBooks, fact: Fact) -> None:
        getattr(books, _SHELVES[type(fact.event)]).append(fact.event)
        match fact.event:
            case ClaimRegistered():
                books.registered_lines = books.registered_lines or fact.lines
            case ClaimOpened():
                books.opened_lines = fact.lines
            case ClaimAdjudicated():
                books.explained = fact.explained
            case _:
                pass

    def _take_beyond_claim(self, event: ClaimEvent, place: Place) -> None:
        """Rules that span claims: the plan's ledger, the person's year."""
        if isinstance(event, PaymentInstructed):
            self._files.instruct(event)
        if isinstance(event, Booked):
            accounts = self._plans.setdefault(event.plan_id, PlanAccounts(event.plan_id))
            accounts.book(event)
            self._report(f"plan {event.plan_id}", accounts.rules(), place)
        elif isinstance(event, ClaimAdjudicated):
            year = self._years[event.person_id, str(event.plan_id), event.benefit_year]
            self._report(f"claim {event.claim_id}", year.decide(event), place)
        elif isinstance(event, BurdenNoted):
            burden = self._burdens[event.person_id, event.year]
            self._report(f"claim {event.claim_id}", burden.note(event), place)

    def _add(self, event: Event) -> None:
        match event:
            case ClaimRegistered():
                self._sums["registered"] += event.settlement.total_fen
            case ClaimAdjudicated() | ClaimDenied():
                self._sums["decided"] += event.bill_fen
                for part in event.bearings:
                    self._borne[part.bearer] += part.amount_fen
                self._sums["cash"] += event.cash_benefits_fen if isinstance(event, ClaimAdjudicated) else 0
            case (
                PaymentHeld() | PaymentInstructed() | PaymentSettled() | PaymentRejected() | PaymentReturned()
            ):
                self._sums[type(event).__name__] += event.amount_fen
            case _:
                pass

    def nothing_waits(self) -> None:
        """Report claims and payments that a finished history may not leave open."""
        for books in self._claims.values():
            self._report(f"claim {books.claim_id}", waiting_rules(books, self._files.file_of), None)

    def _report(self, about: str, broken: Iterable[Broken], since: Place | None) -> None:
        for each in broken:
            if (about, each.rule) not in self._reported:
                self._reported.add((about, each.rule))
                self._violations.append(Violation(each.rule, about, each.sentence, since))

    def report(self) -> Report:
        """What was found, in the order in which it began."""
        claims = self._claims.values()
        held_fen = sum(
            each.amount_fen
            for books in claims
            for each in books.held
            if each.decision_id not in {paid.decision_id for paid in books.instructed}
        )
        return Report(
            events=self._events,
            money_events=self._money_events,
            claims=len(claims),
            decided=sum(bool(books.decisions) for books in claims),
            payments=sum(len(books.instructed) for books in claims),
            totals=Totals(
                registered_fen=self._sums["registered"],
                decided_fen=self._sums["decided"],
                borne_fen=dict(sorted(self._borne.items())),
                cash_benefits_fen=self._sums["cash"],
                instructed_fen=self._sums["PaymentInstructed"],
                settled_fen=self._sums["PaymentSettled"],
                rejected_fen=self._sums["PaymentRejected"],
                returned_fen=self._sums["PaymentReturned"],
                held_fen=held_fen,
            ),
            violations=tuple(self._violations[:MOST_VIOLATIONS]),
            violation_count=len(self._violations),
        )


def _claim_rules(books: ClaimBooks) -> Iterator[Broken]:
    yield from bill_rules(books)
    yield from decision_rules(books)
    yield from payment_rules(books)
    yield from burden_rules(books)
