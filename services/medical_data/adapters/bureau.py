"""The bureau's data platform: settlements looked up in batches, each answer checked before anything is believed."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx2
import msgspec
import orjson

from libs.contracts.medical_data import PriorStay
from libs.interop.bureau import SettlementAnswer, SettlementQuery
from libs.money import parse_yuan
from services.medical_data.domain.attaching import BureauRecord
from services.medical_data.errors import (
    AnswerAboutAnother,
    AnswerUnreadable,
    BureauRefused,
    BureauUnreachable,
    MedicalDataError,
    SettlementNotFound,
)

_TOO_MANY_REQUESTS = 429
_REQUEST_TIMEOUT = 408

MAX_ITEM_BYTES = 256 * 1024
"""Of one answer. It is sealed into an event, and events are small."""

# A deep enough nest of brackets ends in a RecursionError.
_NOT_JSON = (msgspec.DecodeError, UnicodeDecodeError, orjson.JSONDecodeError, RecursionError)


class _Response(msgspec.Struct):
    """The outer form only: one bad item must not spoil the others."""

    results: list[msgspec.Raw]


_RESPONSE = msgspec.json.Decoder(_Response)
_ITEM = msgspec.json.Decoder(SettlementAnswer)
_QUERIES = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class Answered:
    """A usable answer: what it says, the document as it came, and the digest of its canonical JSON."""

    record: BureauRecord
    document: dict[str, Any]
    digest: str


class Bureau:
    """Asks the platform at `url`. `client` brings the limits of time and connections."""

    def __init__(self, url: str, client: httpx2.AsyncClient) -> None:
        self._lookup_url = f"{url.rstrip('/')}/settlements/lookup"
        self._client = client
        self.source = url

    async def look_up(self, queries: Sequence[SettlementQuery]) -> list[Answered | MedicalDataError]:
        """The answer to each query, in order, or why it cannot be used.

        Raises BureauUnreachable, BureauRefused or AnswerUnreadable when there is no answer to any of them.
        """
        body = await self._post(_QUERIES.encode(queries))
        try:
            items = _RESPONSE.decode(body).results
        except _NOT_JSON:
            raise AnswerUnreadable("it is not the agreed JSON") from None
        if len(items) != len(queries):
            raise AnswerUnreadable(f"{len(items)} results for {len(queries)} questions")
        return [_read(query, bytes(item)) for query, item in zip(queries, items, strict=True)]

    async def _post(self, body: bytes) -> bytes:
        try:
            response = await self._client.post(
                self._lookup_url, content=body, headers={"Content-Type": "application/json"}
            )
        except httpx2.HTTPError as error:
            raise BureauUnreachable(type(error).__name__) from None
        status = response.status_code
        if status >= httpx2.codes.INTERNAL_SERVER_ERROR or status in (_TOO_MANY_REQUESTS, _REQUEST_TIMEOUT):
            raise BureauUnreachable(f"HTTP {status}")
        if status != httpx2.codes.OK:
            raise BureauRefused(status)
        return response.content


def canonical_digest(document: dict[str, Any]) -> str:
    """SHA-256 of the document as JSON with sorted keys: what the sealed records can be compared with later."""
    return hashlib.sha256(orjson.dumps(document, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _read(query: SettlementQuery, item: bytes) -> Answered | MedicalDataError:
    if len(item) > MAX_ITEM_BYTES:
        return AnswerUnreadable(f"an item has {len(item)} bytes")
    try:
        answer = _ITEM.decode(item)
        document: dict[str, Any] = orjson.loads(item)
    except _NOT_JSON:
        # The decoder's own words may quote the record.
        return AnswerUnreadable("an item does not have the agreed form")
    if answer.setl_id != query.setl_id:
        return AnswerAboutAnother()
    if not answer.found:
        return SettlementNotFound()
    try:
        return Answered(_record(answer), document, canonical_digest(document))
    except AnswerUnreadable as error:
        return error


def _record(answer: SettlementAnswer) -> BureauRecord:
    if answer.as_of is None or answer.as_of.tzinfo is None:
        raise AnswerUnreadable("as_of is missing or has no time zone")
    if any(stay.enddate < stay.begndate for stay in answer.prior_stays):
        raise AnswerUnreadable("a prior stay ends before it begins")
    return BureauRecord(
        total_fen=_fen("medfee_sumamt", answer.medfee_sumamt),
        fund_fen=_fen("fund_pay_sumamt", answer.fund_pay_sumamt),
        as_of=answer.as_of,
        chronic_benefit_since=answer.chronic_benefit_since,
        cyclic_treatment=answer.cyclic_treatment,
        deceased_on=answer.deceased_on,
        prior_stays=tuple(
            PriorStay(
                hospital_id=stay.fixmedins_code,
                admitted_on=stay.begndate,
                discharged_on=stay.enddate,
                related=stay.related,
            )
            for stay in answer.prior_stays
        ),
    )


def _fen(field: str, amount: str | None) -> int:
    try:
        fen = parse_yuan(amount or "")
    except ValueError:
        raise AnswerUnreadable(f"{field} is not an amount in yuan") from None
    if fen < 0:
        raise AnswerUnreadable(f"{field} is negative")
    return fen
