"""Gather everything that proves one claim from the services that recorded it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

import httpx2
import orjson

from libs.contracts.operations import amendments_of
from libs.eventlog.day_roots import DayRoot, root_of_json
from libs.eventlog.envelope import from_json
from libs.eventlog.event import Recorded, shard_of
from libs.proof.pack import ClaimEvidence, ProvedEvent
from libs.proof.pack_verifier import UNPROVED
from services.operations.adapters.announcing import RunningAt
from services.operations.adapters.asking import Refused, as_caller, shown
from services.operations.adapters.proofs import close_roots
from services.operations.domain.errors import OperationsError

_TIMEOUT_SECONDS = 60
_NOT_FOUND = 404
#: Read models are not a source of anything.
_WITHOUT_LOG = "projections"
#: What a decision rests on beside the claim's own events: the coverage it cites.
_COVERAGE_TYPES = {
    "enrolment": ("CoverageActivated", "CoverageLapsed"),
    "adjudication": ("CoverageNoted", "CoverageEndNoted"),
}


class NotProvable(OperationsError):
    """A receipt of the claim does not hold now, so a pack of it would not verify."""

    code = "not_provable"


class Evidence:
    """Asks the services of one platform; use it with `async with`. `token`: shown where reading is limited."""

    def __init__(self, running: RunningAt, token: str | None = None) -> None:
        self._shown = shown(token)
        self._running = running
        self._services = {name: url.rstrip("/") for name, url in running.services.items()}
        self._client = httpx2.AsyncClient(
            timeout=_TIMEOUT_SECONDS, trust_env=False, headers=as_caller(running)
        )

    async def __aenter__(self) -> "Evidence":
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._client.aclose()

    async def collect(self, claim_id: str, now: datetime) -> ClaimEvidence:
        """The claim's evidence, under roots that are published now. Raises Refused, NotProvable, SourceUnreachable."""
        try:
            claim = await self._json("projections", f"/claims/{quote(claim_id, safe='')}")
        except Refused as refusal:
            if refusal.status != httpx2.codes.NOT_FOUND:
                raise
            raise Refused(refusal.status, f"nothing is recorded of claim {claim_id}") from None
        person_id = str(claim["person_id"])
        logs = {name: url for name, url in self._services.items() if name != _WITHOUT_LOG}
        await close_roots(replace(self._running, services=logs))
        receipts = await self._receipts(person_id, claim_id)
        events: list[ProvedEvent] = []
        roots: list[DayRoot] = []
        for name in logs:
            shard = shard_of(person_id, len(await self._json(name, "/log/heads")))
            proved = [
                await self._proved(name, event)
                for event in await self._events(name, shard, claim_id, person_id, claim)
            ]
            if proved:
                last = max(each.root_number for each in proved)
                roots += [root for root in await self._roots(name, shard) if root.number <= last]
                events += proved
        return ClaimEvidence(claim_id, person_id, now.isoformat(timespec="seconds"), events, roots, receipts)

    async def _receipts(self, person_id: str, claim_id: str) -> Sequence[Mapping[str, Any]]:
        path = f"/people/{person_id}/claims/{quote(claim_id, safe='')}/receipts"
        try:
            receipts: Sequence[Mapping[str, Any]] = await self._json("adjudication", path)
        except Refused as error:
            if error.status == _NOT_FOUND:
                return ()
            raise
        for receipt in receipts:
            if receipt["verdict"] not in ("equal", UNPROVED):
                fields = ", ".join(receipt["differs_in"])
                raise NotProvable(
                    f"decision {receipt['number']} of the claim: {receipt['verdict']} {fields}".rstrip()
                )
        return receipts

    async def _events(
        self, name: str, shard: int, claim_id: str, person_id: str, claim: Mapping[str, Any]
    ) -> list[Recorded]:
        events = await self._of_subject(name, shard, f"claim-{claim_id}")
        if name in _COVERAGE_TYPES:
            cited = await self._cited_coverages(person_id, claim_id)
            of_person = await self._of_subject(name, shard, f"person-{person_id}")
            coverages = [
                event
                for event in of_person
                if event.type in _COVERAGE_TYPES[name]
                and orjson.loads(event.body).get("coverage_id") in cited
            ]
            amending = {amendments_of(event.event_id) for event in coverages}
            events += coverages + [event for event in of_person if event.subject in amending]
        return events

    async def _cited_coverages(self, person_id: str, claim_id: str) -> set[str]:
        shard = shard_of(person_id, len(await self._json("adjudication", "/log/heads")))
        bodies = [
            orjson.loads(event.body)
            for event in await self._of_subject("adjudication", shard, f"claim-{claim_id}")
        ]
        return {body["coverage_id"] for body in bodies if body.get("coverage_id")}

    async def _of_subject(self, name: str, shard: int, subject: str) -> list[Recorded]:
        """Its events, and what was proposed and decided about those that somebody could not process."""
        path = f"/log/{shard}/subjects/{quote(subject, safe='')}?amendments=true"
        content = await self._get(name, path)
        return [from_json(line) for line in content.splitlines()]

    async def _proved(self, name: str, event: Recorded) -> ProvedEvent:
        proof = await self._json(name, f"/log/{event.shard}/proofs/{event.position}")
        number = int(proof["root"]["number"])
        return ProvedEvent(event, number, int(proof["index"]), proof["path"], proof["previous_hash"])

    async def _roots(self, name: str, shard: int) -> list[DayRoot]:
        content = await self._get(name, f"/log/roots?shard={shard}")
        return [root_of_json(orjson.loads(line)) for line in content.splitlines()]

    async def _json(self, name: str, path: str) -> Any:
        return orjson.loads(await self._get(name, path))

    async def _get(self, name: str, path: str) -> bytes:
        shown = self._shown if name == _WITHOUT_LOG else {}
        response = await self._client.get(self._services[name] + path, headers=shown)
        if not response.is_success:
            raise Refused(response.status_code, f"{name} answered {response.status_code} at {path}")
        return response.content
