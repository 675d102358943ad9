"""Ask the read models as somebody: what policy and consent show of each row, recorded before it is shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Protocol

from libs.access import Facts, Records, Sight, policy_in_force, sight, standing
from libs.eventlog import EventLog
from libs.runtime.problems import Problem
from libs.runtime.readers import Asking
from services.projections.adapters.access_reads import Read, facts_of_claims, note_reads
from services.projections.adapters.access_records import AccessRecords
from services.projections.adapters.rows import Row, select

Sought = Mapping[str, object]
"""The values that a question asks for, by field; None: any."""
NOTHING_SOUGHT: Sought = MappingProxyType({})
_OF_ONE = frozenset({"claim_id", "person_id"})


class Look(Protocol):
    """How the entrypoints ask."""

    async def rows(
        self, view: str, rest: str = "", *arguments: object, sought: Sought = NOTHING_SOUGHT
    ) -> list[Row]:
        """What is seen of `select * from view` with the `rest` of the query. Raises Problem 403 or 503.

        `sought`: by what `rest` picks rows. Whoever is not shown such a field would learn it by asking for its values.
        """
        ...

    async def seen(self, view: str, rows: Sequence[Row], sought: Sought = NOTHING_SOUGHT) -> list[Row]:
        """What is seen of rows of a view that were read already. Raises Problem 403 or 503."""
        ...


@dataclass(frozen=True)
class Unlimited:
    """In a deployment that names no readers everybody sees everything."""

    log: EventLog

    async def rows(
        self, view: str, rest: str = "", *arguments: object, sought: Sought = NOTHING_SOUGHT
    ) -> list[Row]:
        """All of them."""
        del sought
        return await select(self.log, view, rest, *arguments)

    async def seen(self, view: str, rows: Sequence[Row], sought: Sought = NOTHING_SOUGHT) -> list[Row]:
        """All of them."""
        del view, sought
        return list(rows)


@dataclass(frozen=True)
class Limited:
    """As a participant: rows that the policy does not show are left out, as if they were not there."""

    log: EventLog
    records: AccessRecords
    asking: Asking

    async def rows(
        self, view: str, rest: str = "", *arguments: object, sought: Sought = NOTHING_SOUGHT
    ) -> list[Row]:
        """The rows that are seen, each with the fields that are."""
        return await self.seen(view, await select(self.log, view, rest, *arguments), sought)

    async def seen(self, view: str, rows: Sequence[Row], sought: Sought = NOTHING_SOUGHT) -> list[Row]:
        """The same."""
        about = await self._facts(rows)
        # No connection is held meanwhile: enrolment may be slow.
        records = await self.records.of({facts.person_id for facts in about if facts.person_id})
        # Not before: a revocation that was answered while enrolment was asked would lie ahead of that moment.
        now = self.log.clock()
        asked = {field: value for field, value in sought.items() if value is not None}
        sights = self._sights(view, about, records, now, asked)
        told = zip(rows, about, sights or [None] * len(rows), strict=True)
        # Who asks for one claim or one person and is refused was curious about them; a list's refusals say nothing.
        pried = len(rows) == 1 or not _OF_ONE.isdisjoint(asked)
        reads = [_read(row, facts, found) for row, facts, found in told if found or pried]
        async with self.log.pool.acquire() as connection:
            await note_reads(
                connection,
                now,
                str(self.asking.reader),
                self.asking.shown_by,
                view,
                reads or [Read(None, None)],
            )
        if sights is None:
            detail = "The access policy shows nothing of this kind to this reader."
            raise Problem(403, "not_yours_to_see", "Not yours to see", detail)
        return [_cut(row, found) for row, found in zip(rows, sights, strict=True) if found is not None]

    async def _facts(self, rows: Sequence[Row]) -> list[Facts]:
        """What each row has to do with whom: by its claim; a row of sums, or of one insurer, by itself."""
        claim_ids = sorted({row["claim_id"] for row in rows if row.get("claim_id")})
        claims: Mapping[str, Facts] = {}
        if claim_ids:
            async with self.log.pool.acquire() as connection:
                claims = await facts_of_claims(connection, claim_ids)
        return [_facts_of_row(row, claims) for row in rows]

    def _sights(
        self, view: str, about: Sequence[Facts], records: Records, now: datetime, asked: Mapping[str, object]
    ) -> list[Sight | None] | None:
        """What is seen of each row; None: no rule shows this view to this reader at all."""
        policy = policy_in_force(records.policies, now, now)
        reader = self.asking.reader
        if policy is None or not any(
            (rule.reader, rule.view) == (reader.participant, view) for rule in policy.rules
        ):
            return None
        agreed = {person_id: standing(said, now, now) for person_id, said in records.consents.items()}
        found = (sight(policy, agreed.get(facts.person_id or "", []), facts, reader, view) for facts in about)
        own = {reader.id, str(reader)}
        hidden = [field for field, value in asked.items() if value not in own]
        return [one if one is not None and one.fields.issuperset(hidden) else None for one in found]


def _facts_of_row(row: Row, claims: Mapping[str, Facts]) -> Facts:
    facts = claims.get(row.get("claim_id") or "") or Facts(hospital_id=row.get("hospital_id"))
    # A row of one insurer is that insurer's, whoever else takes part in the claim.
    return replace(facts, insurers=frozenset({row["insurer"]})) if row.get("insurer") else facts


def _read(row: Row, facts: Facts, found: Sight | None) -> Read:
    claim_id = row.get("claim_id")
    person_id = facts.person_id if claim_id else None
    if found is None:
        return Read(claim_id, person_id)
    fields = tuple(sorted(found.fields & row.keys()))
    return Read(claim_id, person_id, fields, found.edition, found.rules, found.consents)


def _cut(row: Row, found: Sight) -> Row:
    return {name: value for name, value in row.items() if name in found.fields}
