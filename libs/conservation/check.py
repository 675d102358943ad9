"""The walk over a history: after each event about money, every rule that it can touch is asked again."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from libs.conservation import decided, succession
from libs.conservation.accounts import Booked, PlanAccounts
from libs.conservation.amending import Amendments
from libs.conservation.balances import PersonBalances
from libs.conservation.books import ClaimBooks
from libs.conservation.burdens import Burden, YearBurden
from libs.conservation.clawbacks import Clawbacks, Owing
from libs.conservation.facts import Fact, fact_of, place_of
from libs.conservation.files import Files
from libs.conservation.ordering import in_causal_order
from libs.conservation.paid import ClaimPayments, Payout, waiting_rules
from libs.conservation.positions import Heads, Positions
from libs.conservation.report import Broken, Place, Report, Violation
from libs.conservation.settled import bill_rules
from libs.conservation.stays import Stay, Stays
from libs.conservation.summing import Sums
from libs.contracts import ClaimEvent
from libs.contracts.adjudication import (
    AdjudicationReversed,
    ClaimAdjudicated,
    ClaimDenied,
    ClaimOpened,
    ClaimWithdrawalNoted,
)
from libs.contracts.charity import BurdenNoted, BurdenWithdrawn
from libs.contracts.fraud import ClaimFactsNoted
from libs.contracts.intake import ClaimCorrected, ClaimRegistered, ClaimWithdrawn
from libs.contracts.medical_data import RecordsAttached
from libs.contracts.payout import PaymentCancelled, PaymentFileClosed, PaymentInstructed, PaymentSettled
from libs.contracts.registry import ContractError
from libs.eventlog.envelope import EnvelopeUnreadable, from_json
from libs.eventlog.event import Recorded

#: Of one fault in a deployment every claim may complain; the first ones say what is wrong.
MOST_VIOLATIONS = 1_000

_Bill = ClaimRegistered | ClaimCorrected | ClaimWithdrawn | ClaimOpened | RecordsAttached | ClaimFactsNoted
_Process = ClaimOpened | ClaimWithdrawalNoted | ClaimAdjudicated | ClaimDenied | AdjudicationReversed


@dataclass(slots=True)
class _Claim:
    """A claim as its services tell it. `paid_since`: payout's last event, with which a wrong sum came about."""

    books: ClaimBooks
    payments: ClaimPayments = field(default_factory=ClaimPayments)
    stays: Stays = field(default_factory=Stays)
    paid_since: Place | None = None


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
    check.nothing_is_half_done()
    if finished:
        check.nothing_waits()
    return check.report()


class _Check:
    """Everything seen so far. A rule that stays broken is reported once, since the event that broke it."""

    def __init__(self) -> None:
        self._claims: dict[str, _Claim] = {}
        self._plans: dict[str, PlanAccounts] = {}
        self._people: dict[str, PersonBalances] = defaultdict(PersonBalances)
        self._burdens: dict[tuple[str, int], YearBurden] = defaultdict(YearBurden)
        self._clawbacks = Clawbacks()
        self._files = Files()
        self._positions = Positions()
        self._amendments = Amendments()
        self._annulled: Counter[str] = Counter()
        self._sums = Sums()
        self._reported: set[tuple[str, str]] = set()
        self._violations: list[Violation] = []
        self._events = 0
        self._money_events = 0

    def read(self, lines: Iterable[bytes], progress: Callable[[int], None]) -> list[Fact]:
        """The lines that say something about money; one that can be read in no way is a violation."""
        facts: list[Fact] = []
        for number, line in enumerate(lines, start=1):
            if number % 1_000 == 0:
                progress(number)
            if line.strip():
                self._read_line(number, line, facts)
        self._read_amended(facts)
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
            self._amendments.see(recorded)
            fact = fact_of(recorded)
        except ContractError as error:
            self._amendments.unreadable(recorded, error)
            return
        if fact is not None:
            facts.append(fact)

    def _read_amended(self, facts: list[Fact]) -> None:
        """A patched body counts in the event's place; an annulled event counts as not said."""
        for unread in self._amendments.resolved():
            if unread.annulled:
                self._annulled[unread.recorded.subject] += unread.recorded.type == ClaimCorrected.__name__
            elif unread.reads_as is None:
                self._unreadable(unread.recorded, unread.error)
            else:
                try:
                    fact = fact_of(unread.reads_as)
                except ContractError as error:
                    self._unreadable(unread.recorded, error)
                    continue
                if fact is not None:
                    facts.append(fact)

    def _unreadable(self, recorded: Recorded, error: ContractError) -> None:
        place = place_of(recorded)
        self._report(str(place), [Broken("event_readable", str(error))], place)

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
        claim = self._claim(event)
        about = f"claim {event.claim_id}"
        if isinstance(event, _Bill):
            claim.books.shelve_bill(event, fact.lines)
        self._report(about, bill_rules(claim.books), fact.place)
        if isinstance(event, _Process):
            self._report(about, self._process(claim.books, event, fact), fact.place)
        elif isinstance(event, Payout | Owing):
            self._report(about, self._pay(claim, event, fact.place), fact.place)
        if isinstance(event, Stay | PaymentInstructed | PaymentSettled):
            self._report(about, claim.stays.take(event), fact.place)
        if isinstance(event, Booked):
            accounts = self._plans.setdefault(event.plan_id, PlanAccounts(event.plan_id))
            self._report(f"plan {event.plan_id}", accounts.book(event), fact.place)
        if isinstance(event, Burden):
            self._report(about, self._remain(claim.books, event), fact.place)
        self._sums.take(event)

    def _claim(self, event: ClaimEvent) -> _Claim:
        if (claim := self._claims.get(event.claim_id)) is None:
            books = ClaimBooks(event.claim_id, annulled_corrections=self._annulled[event.subject()])
            claim = self._claims[event.claim_id] = _Claim(books)
        return claim

    def _process(self, books: ClaimBooks, event: _Process, fact: Fact) -> Iterator[Broken]:
        balances = self._people[event.person_id]
        if not isinstance(event, ClaimAdjudicated | ClaimDenied):
            yield from succession.interrupted(books)
        match event:
            case ClaimOpened():
                balances.open(event)
            case ClaimWithdrawalNoted():
                books.withdrawals_noted.append(event)
            case AdjudicationReversed():
                yield from succession.reverse(books, event)
                balances.reverse(event)
            case ClaimAdjudicated() | ClaimDenied():
                yield from succession.decide(books, event)
                yield from decided.decision_rules(books, event, fact.explained)
                if isinstance(event, ClaimAdjudicated):
                    yield from balances.decide(event)

    def _pay(self, claim: _Claim, event: Payout | Owing, place: Place) -> Iterator[Broken]:
        if isinstance(event, PaymentInstructed):
            self._files.instruct(event)
        if isinstance(event, PaymentCancelled):
            yield from self._files.cancel(event)
        if isinstance(event, Owing):
            yield from self._clawbacks.take(event)
        if isinstance(event, Payout):
            yield from claim.payments.take(event, claim.books)
        claim.paid_since = place

    def _remain(self, books: ClaimBooks, event: Burden) -> Iterator[Broken]:
        year = self._burdens[event.person_id, event.year]
        if isinstance(event, BurdenNoted | BurdenWithdrawn):
            yield from year.end_of_year()
        yield from year.take(event, books)

    def nothing_is_half_done(self) -> None:
        """Report what a service would have finished in the transaction in which it began it."""
        for claim in self._claims.values():
            about = f"claim {claim.books.claim_id}"
            self._report(about, succession.interrupted(claim.books), None)
            self._report(about, claim.payments.is_settled_account(), claim.paid_since)
        for (_, number), year in self._burdens.items():
            first = min(year.claims, default="")
            self._report(f"burden of {number} with claim {first}", year.end_of_year(), None)

    def nothing_waits(self) -> None:
        """Report claims and payments that a finished history may not leave open."""
        for claim in self._claims.values():
            waiting = waiting_rules(claim.books, claim.payments, self._files.file_of)
            self._report(f"claim {claim.books.claim_id}", waiting, None)
            self._report(f"claim {claim.books.claim_id}", claim.stays.waiting(), None)

    def _report(self, about: str, broken: Iterable[Broken], since: Place | None) -> None:
        for each in broken:
            if (about, each.rule) not in self._reported:
                self._reported.add((about, each.rule))
                self._violations.append(Violation(each.rule, about, each.sentence, since))

    def report(self) -> Report:
        """What was found, in the order in which it began."""
        claims = self._claims.values()
        return Report(
            events=self._events,
            money_events=self._money_events,
            claims=len(claims),
            decided=sum(bool(claim.books.decisions) for claim in claims),
            reversed=sum(len(claim.books.reversals) for claim in claims),
            payments=self._sums.payments,
            totals=self._sums.totals((claim.books, claim.payments) for claim in claims),
            violations=tuple(self._violations[:MOST_VIOLATIONS]),
            violation_count=len(self._violations),
        )
