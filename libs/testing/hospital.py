"""A hospital for tests: it sends discharges by every way in, and hears what was refused."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx2
import orjson
from aiokafka import AIOKafkaProducer

from libs.interop import Submission
from libs.interop.fhir import encode_bundle, to_bundle
from libs.interop.ingress_jwe import encrypt_for_ingress
from libs.interop.national import to_national
from libs.privacy import read_master_key
from libs.privacy.hospital_key import hospital_key
from libs.testing.postgres import in_own_loop
from libs.testing.services import ServicesUnderTest
from libs.testing.topics import read_topic
from libs.testing.waiting import PATIENCE_SECONDS, wait_until

INGRESS = "huiji.ingress.settlements"
REJECTIONS = "huiji.ingress.rejections"


@dataclass(frozen=True)
class Hospital:
    """Sends to one running intake."""

    services: ServicesUnderTest

    def post(
        self, path: str, body: bytes, content_type: str = "application/json", **headers: str
    ) -> httpx2.Response:
        """POST bytes to intake."""
        return self.send("POST", path, body, content_type, **headers)

    def send(
        self, method: str, path: str, body: bytes, content_type: str = "application/json", **headers: str
    ) -> httpx2.Response:
        """Send bytes to intake."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        with httpx2.Client(timeout=PATIENCE_SECONDS, trust_env=False) as client:
            return client.request(
                method,
                self.services.url("intake", path),
                content=body,
                headers={"content-type": content_type, **named},
            )

    def correct(self, submission: Submission, query: str = "", **headers: str) -> httpx2.Response:
        """PUT the new content of a settlement."""
        return self.send("PUT", path_of(submission) + query, national(submission), **headers)

    def cancel(self, submission: Submission, body: bytes = b"", **headers: str) -> httpx2.Response:
        """Undo a settlement."""
        return self.post(f"{path_of(submission)}/cancellation", body, **headers)

    def settle(self, submission: Submission, **headers: str) -> httpx2.Response:
        """The national JSON by HTTP."""
        return self.post("/settlements", national(submission), **headers)

    def bundle(self, submission: Submission, path: str = "/fhir") -> httpx2.Response:
        """The FHIR Bundle by HTTP."""
        return self.post(path, encode_bundle(to_bundle(submission)), "application/fhir+json")

    def encrypted(self, body: bytes, hospital_id: str) -> bytes:
        """What the hospital puts on the topic."""
        key = hospital_key(read_master_key(self.services.master_key_file), hospital_id)
        return encrypt_for_ingress(body, hospital_id, key)

    def produce(
        self, *values: bytes, reference: str | None = None, key: str | None = None
    ) -> list[tuple[int, int]]:
        """Put values on the ingress topic; partition and offset of each. Those of one key are read in their order."""
        return in_own_loop(_produce(self.services.bootstrap, values, reference, key))

    def rejections(self) -> list[dict[str, Any]]:
        """All that the rejections topic holds, without repeats."""
        found = in_own_loop(read_topic(self.services.bootstrap, REJECTIONS))
        by_id = {dict(record.headers)["ce_id"]: orjson.loads(record.value) for record in found}
        return list(by_id.values())

    def await_rejection(self, place: tuple[int, int]) -> dict[str, Any]:
        """The rejection of the record at a partition and offset."""

        def here() -> list[dict[str, Any]]:
            return [
                one
                for one in self.rejections()
                if (one["record"]["partition"], one["record"]["offset"]) == place
            ]

        wait_until(lambda: bool(here()), f"a rejection of record {place}")
        (found,) = here()
        return found


def path_of(submission: Submission) -> str:
    """Where the settlement stands at intake."""
    return f"/settlements/{submission.hospital_id}/{quote(submission.submission_id, safe='')}"


def national(submission: Submission) -> bytes:
    """The national settlement JSON."""
    return orjson.dumps(to_national(submission))


async def _produce(
    bootstrap: str, values: tuple[bytes, ...], reference: str | None, key: str | None
) -> list[tuple[int, int]]:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all")
    await producer.start()
    headers = [("reference", reference.encode())] if reference else None
    try:
        keyed = key.encode() if key else None
        sent = [await producer.send_and_wait(INGRESS, value, key=keyed, headers=headers) for value in values]
    finally:
        await producer.stop()
    return [(record.partition, record.offset) for record in sent]
