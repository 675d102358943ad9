"""Which claim bore an invoice first. Over all persons, so it cannot live in a person's stream."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from libs.eventlog.database import Connection


async def claim_invoices(connection: "Connection", claims: Mapping[str, str]) -> dict[str, str]:
    """Note the invoice digest of each claim; returns those claims whose invoice another claim bore before.

    `claims` maps claim id to digest; of two claims in it with one invoice the first counts as the first. The
    result maps claim id to the other claim's id.
    """
    first: dict[str, str] = {}
    for claim_id, digest in claims.items():
        first.setdefault(digest, claim_id)
    if not first:
        return {}
    # Sorted, so that two transactions with invoices in common wait for each other in one order.
    digests = sorted(first)
    await connection.execute(
        "insert into invoice (digest, claim_id) select * from unnest($1::text[], $2::text[])"
        " on conflict do nothing",
        digests,
        [first[digest] for digest in digests],
    )
    rows = await connection.fetch(
        "select digest, claim_id from invoice where digest = any ($1::text[])", digests
    )
    owners = {row["digest"]: row["claim_id"] for row in rows}
    return {claim_id: owners[digest] for claim_id, digest in claims.items() if owners[digest] != claim_id}
