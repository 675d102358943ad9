"""Which claims bear an invoice. Over all persons, so it cannot live in a person's stream."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from libs.contracts.intake import ClaimWithdrawn
from services.fraud.domain.heard import Corrected, Filed

if TYPE_CHECKING:
    from libs.eventlog.database import Connection

Change = Filed | ClaimWithdrawn

# One lock for each invoice: of two claims that come at once with the same one, the second sees the first. Sorted, so
# that two transactions with invoices in common wait for each other in one order.
_LOCK = "select pg_advisory_xact_lock(hashtextextended(digest, 0)) from unnest($1::text[]) as wanted (digest)"

_FIND = """
select digest, claim_id from invoice
where digest = any ($1::text[]) or claim_id = any ($2::text[])
order by place
"""

_ADD = """
insert into invoice (digest, claim_id)
select digest, claim_id from unnest($1::text[], $2::text[]) with ordinality as new (digest, claim_id, number)
order by number
"""


async def follow_invoices(connection: "Connection", changes: Sequence[Change]) -> list[str | None]:
    """Note which invoice each claim bears now, in order; the other claim that bore it before, for each change.

    A corrected claim bears its new invoice only, a withdrawn one none.
    """
    digests = sorted({invoice for change in changes if (invoice := _invoice_of(change)) is not None})
    changed = [one.claim_id for one in changes if isinstance(one, Corrected | ClaimWithdrawn)]
    if not digests and not changed:
        return [None] * len(changes)
    await connection.execute(_LOCK, digests)
    rows = await connection.fetch(_FIND, digests, changed)
    before = [(row["digest"], row["claim_id"]) for row in rows]
    bearers = Bearers(before)
    others = [bearers.move(change.claim_id, _invoice_of(change)) for change in changes]
    await _write(connection, before, bearers.pairs())
    return others


def _invoice_of(change: Change) -> str | None:
    return None if isinstance(change, ClaimWithdrawn) else change.invoice_digest


class Bearers:
    """The claims that bear each invoice, in the order in which they came."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self._claims: dict[str, list[str]] = {}
        self._invoices: dict[str, set[str]] = {}
        for digest, claim_id in pairs:
            self._bear(claim_id, digest)

    def move(self, claim_id: str, digest: str | None) -> str | None:
        """The claim bears this invoice and no other; the first of those that bore it before."""
        for other in self._invoices.pop(claim_id, set()) - {digest}:
            self._claims[other].remove(claim_id)
        return None if digest is None else self._bear(claim_id, digest)

    def _bear(self, claim_id: str, digest: str) -> str | None:
        """The claim bears this invoice, too; the first of the others that bore it before."""
        self._invoices.setdefault(claim_id, set()).add(digest)
        claims = self._claims.setdefault(digest, [])
        if claim_id not in claims:
            claims.append(claim_id)
        return claims[0] if claims[0] != claim_id else None

    def pairs(self) -> list[tuple[str, str]]:
        """Invoice and claim, of each invoice in order."""
        return [(digest, claim_id) for digest, claims in self._claims.items() for claim_id in claims]


async def _write(
    connection: "Connection", before: Sequence[tuple[str, str]], after: Sequence[tuple[str, str]]
) -> None:
    known, wanted = set(before), set(after)
    gone = [pair for pair in before if pair not in wanted]
    new = [pair for pair in after if pair not in known]
    if gone:
        await connection.execute(
            "delete from invoice where (digest, claim_id) in (select * from unnest($1::text[], $2::text[]))",
            [digest for digest, _ in gone],
            [claim_id for _, claim_id in gone],
        )
    if new:
        await connection.execute(_ADD, [digest for digest, _ in new], [claim_id for _, claim_id in new])
