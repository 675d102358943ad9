"""The tables of who has read what, and what claims have to do with whom."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import orjson

from libs.access import Facts

if TYPE_CHECKING:
    from libs.eventlog.database import Connection

# The insurers of every decision, those that were reversed too: `libs.access.facts` says why.
_FACTS = """
select claim_id, person_id, hospital_id,
    array(select distinct insurer from insurer_share where insurer_share.claim_id = claim.claim_id) as insurers,
    array(
        select distinct programme_id from referral
        where referral.claim_id = claim.claim_id and withdrawn_at is null and programme_id is not null
    ) as programmes
from claim
where claim_id = any ($1::text[])
"""
# Rows as one JSON document: arrays of arrays of differing lengths are none in SQL.
_NOTE = """
insert into access_read (read_at, reader, shown_by, view, claim_id, person_id, fields, edition, rules, consents)
select $1, $2, $3, $4, claim_id, person_id, fields, edition, rules, consents
from jsonb_to_recordset($5::jsonb)
    as told (claim_id text, person_id text, fields text[], edition integer, rules text[], consents text[])
"""


@dataclass(frozen=True, slots=True)
class Read:
    """What was shown of a claim (None: of sums), by which edition, rules and consents; no fields: refused."""

    claim_id: str | None
    person_id: str | None
    fields: tuple[str, ...] = ()
    edition: int | None = None
    rules: tuple[str, ...] = ()
    consents: tuple[str, ...] = ()


async def facts_of_claims(connection: "Connection", claim_ids: Sequence[str]) -> dict[str, Facts]:
    """What each of the claims has to do with whom, as it stands."""
    rows = await connection.fetch(_FACTS, claim_ids)
    return {
        row["claim_id"]: Facts(
            row["person_id"], row["hospital_id"], frozenset(row["insurers"]), frozenset(row["programmes"])
        )
        for row in rows
    }


async def note_reads(
    connection: "Connection", read_at: datetime, reader: str, shown_by: str, view: str, reads: Sequence[Read]
) -> None:
    """Record them in one statement. Who cannot be recorded is shown nothing: the caller does this first."""
    if reads:
        await connection.execute(
            _NOTE, read_at, reader, shown_by, view, orjson.dumps(list(dict.fromkeys(reads))).decode()
        )
