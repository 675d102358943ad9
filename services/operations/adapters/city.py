"""The city around the platform: people enrol, its insurance centre settles bills, its hospitals send discharges.

What this does, others do in a real city; it speaks to the platform by its public ways in only.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx2
import msgspec
import orjson
from aiokafka import AIOKafkaProducer

from libs.interop import Cancellation
from libs.interop.bureau import MAX_DEPOSITS, MAX_QUERIES, SettlementQuery, to_deposit
from libs.interop.fhir.writer import encode_bundle
from libs.interop.ingress_jwe import encrypt_for_ingress
from libs.interop.national import to_cancellation, to_correction, to_national
from libs.interop.submission import Person, Submission
from libs.privacy.hospital_key import hospital_key
from libs.privacy.master_key import read_master_key
from libs.synthetic import Coverage
from services.operations.adapters.asking import shown
from services.operations.adapters.credentials import TOKEN as STAFF_TOKEN
from services.operations.adapters.credentials import caller_token
from services.operations.adapters.demo_callers import TOKEN as HOSPITAL_TOKEN
from services.operations.adapters.demo_callers import hospital_token
from services.operations.domain.errors import OperationsError
from services.operations.domain.topology import Addresses

INGRESS_TOPIC = "huiji.ingress.settlements"
COVERAGES_PER_REQUEST = 500
SETTLEMENTS_PER_REQUEST = 100


class CityRefused(OperationsError):
    """The platform did not take what the city sent."""

    code = "city_refused"

    def __init__(self, what: str, answer: str) -> None:
        super().__init__(f"{what} was not accepted: {answer[:500]}")


class CityUnknown(CityRefused):
    """The platform asks who sends, and the city's token is missing, unknown or not for this."""

    code = "city_unknown"

    def __init__(self, what: str, whose: str, variable: str) -> None:
        OperationsError.__init__(
            self,
            f"{what} is refused without a token of {whose}:\nset ${variable}, or ${variable}_FILE to its file",
        )


@dataclass(frozen=True, slots=True)
class _Sender:
    """As whom something is sent; `variable` is where people put the token."""

    whose: str
    variable: str
    token: str | None

    @property
    def headers(self) -> dict[str, str]:
        return shown(self.token)


_NOBODY = _Sender("nobody in particular", "", None)


@dataclass(frozen=True, slots=True)
class Resident:
    """A person and the coverage they take out."""

    person: Person
    coverage: Coverage


class City:
    """Sends to one running platform; use it with `async with`."""

    def __init__(
        self, addresses: Addresses, *, parallel_requests: int = 4, staff_token: str | None = None
    ) -> None:
        self._addresses = addresses
        self._http = httpx2.AsyncClient(timeout=60, trust_env=False)
        staff = staff_token or caller_token(addresses)
        self._operator = _Sender("a desk or an operator", STAFF_TOKEN, staff)
        hospital = hospital_token(addresses.hospital_callers_file)
        self._hospital = _Sender("the hospital", HOSPITAL_TOKEN, hospital)
        self._at_once = asyncio.Semaphore(parallel_requests)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def enrol(self, residents: Sequence[Resident]) -> None:
        """Take out the residents' coverages. Raises CityRefused."""
        url = f"{self._addresses.services['enrolment']}/coverages"
        for start in range(0, len(residents), COVERAGES_PER_REQUEST):
            page = [_coverage(resident) for resident in residents[start : start + COVERAGES_PER_REQUEST]]
            _all_taken(
                await self._post(url, orjson.dumps(page), "an enrolment", self._operator),
                "an enrolment",
            )

    async def settle(self, submissions: Sequence[Submission]) -> None:
        """The insurance centre records the bills at the bureau, as it does before a hospital knows the result.

        A platform with another bureau than the simulated one is left to its own.
        """
        if not self._addresses.bureau_url:
            return
        for start in range(0, len(submissions), MAX_DEPOSITS):
            deposits = [to_deposit(submission) for submission in submissions[start : start + MAX_DEPOSITS]]
            await self._post(
                f"{self._addresses.bureau_url}/settlements", msgspec.json.encode(deposits), "a deposit"
            )

    async def cancel(self, submissions: Sequence[Submission]) -> list[str]:
        """Hospitals undo settlements: at the insurance centre first (2305), then here; the ids of the claims.

        Raises CityRefused.
        """
        if self._addresses.bureau_url:
            known = [SettlementQuery(one.submission_id, one.person.id_number) for one in submissions]
            for start in range(0, len(known), MAX_QUERIES):
                body = msgspec.json.encode(known[start : start + MAX_QUERIES])
                url = f"{self._addresses.bureau_url}/settlements/cancel"
                await self._post(url, body, "a cancelled deposit")
        asked = [Cancellation(one.hospital_id, one.submission_id) for one in submissions]
        return await self._send_documents([to_cancellation(one) for one in asked], "a cancellation")

    async def correct(self, submissions: Sequence[Submission]) -> list[str]:
        """Hospitals replace what they have settled, after the insurance centre has settled it anew; the claims' ids.

        Raises CityRefused.
        """
        await self.settle(submissions)
        return await self._send_documents([to_correction(one) for one in submissions], "a correction")

    async def send_settlements(self, submissions: Sequence[Submission]) -> list[str]:
        """National settlement JSON by HTTP, in arrays; the claims' ids. Raises CityRefused when any is refused."""
        return await self._send_documents([to_national(one) for one in submissions], "a settlement")

    async def _send_documents(self, documents: Sequence[dict[str, Any]], what: str) -> list[str]:
        pages = [
            documents[start : start + SETTLEMENTS_PER_REQUEST]
            for start in range(0, len(documents), SETTLEMENTS_PER_REQUEST)
        ]
        claims = await asyncio.gather(*(self._send_page(page, what) for page in pages))
        return [claim_id for page in claims for claim_id in page]

    async def _send_page(self, page: Sequence[dict[str, Any]], what: str) -> list[str]:
        url = f"{self._addresses.services['intake']}/settlements"
        answer = await self._post(url, orjson.dumps(page), what, self._hospital)
        _all_taken(answer, what)
        return [result["claim"]["claim_id"] for result in orjson.loads(answer)["results"]]

    async def send_bundles(self, bundles: Sequence[dict[str, Any]]) -> None:
        """FHIR R4 Bundles by HTTP, one request each."""
        url = f"{self._addresses.services['intake']}/fhir"
        await asyncio.gather(
            *(
                self._post(url, encode_bundle(bundle), "a Bundle", self._hospital, "application/fhir+json")
                for bundle in bundles
            )
        )

    async def send_by_topic(self, submissions: Sequence[Submission]) -> None:
        """National settlement JSON by topic, encrypted under each hospital's key."""
        ring = read_master_key(self._addresses.master_key_file)
        producer = AIOKafkaProducer(bootstrap_servers=self._addresses.kafka, acks="all", linger_ms=5)
        await producer.start()
        try:
            sent = []
            for submission in submissions:
                hospital_id = submission.hospital_id
                plaintext = orjson.dumps(to_national(submission))
                value = encrypt_for_ingress(plaintext, hospital_id, hospital_key(ring, hospital_id))
                sent.append(await producer.send(INGRESS_TOPIC, value=value, key=hospital_id.encode()))
            await asyncio.gather(*sent)
        finally:
            await producer.stop()

    async def summary(self) -> dict[str, Any]:
        """What the projections count."""
        found: dict[str, Any] = await self._get("projections", "/summary")
        return found

    async def claims_of(self, person_id: str) -> list[dict[str, Any]]:
        """A person's claims as the patient's view shows them."""
        found: list[dict[str, Any]] = await self._get("projections", f"/people/{person_id}/claims")
        return found

    async def balances_of(self, person_id: str) -> list[dict[str, Any]]:
        """A person's benefit years as adjudication keeps them."""
        found: list[dict[str, Any]] = await self._get("adjudication", f"/people/{person_id}/balances")
        return found

    async def claim_at_adjudication(self, person_id: str, claim_id: str) -> dict[str, Any]:
        """A claim's revision, standing decision and what it waits for."""
        found: dict[str, Any] = await self._get("adjudication", f"/people/{person_id}/claims/{claim_id}")
        return found

    async def _get(self, service: str, path: str) -> Any:
        response = await self._http.get(
            self._addresses.services[service] + path, headers=self._operator.headers
        )
        response.raise_for_status()
        return response.json()

    async def _post(
        self,
        url: str,
        body: bytes,
        what: str,
        sender: _Sender = _NOBODY,
        content_type: str = "application/json",
    ) -> bytes:
        async with self._at_once:
            sent = {"content-type": content_type, **sender.headers}
            response = await self._http.post(url, content=body, headers=sent)
        if response.status_code in (401, 403) and sender is not _NOBODY:
            raise CityUnknown(what, sender.whose, sender.variable)
        if response.status_code >= 300:
            raise CityRefused(what, response.text)
        return response.content


def _all_taken(answer: bytes, what: str) -> None:
    """An array is answered item by item."""
    refused = [result for result in orjson.loads(answer)["results"] if result["status"] >= 300]
    if refused:
        raise CityRefused(what, orjson.dumps(refused[0]).decode())


def _coverage(resident: Resident) -> dict[str, Any]:
    person, coverage = resident.person, resident.coverage
    return {
        "person": {
            "name": person.name,
            "id_number": person.id_number,
            "phone": person.phone,
            "account": coverage.account,
            "account_bank": coverage.account_bank,
        },
        **coverage.model_dump(mode="json", exclude={"account", "account_bank"}),
    }
