"""The topic on which senders of the ingress topic learn what was refused, and why."""

import asyncio
from collections.abc import Sequence

from aiokafka import AIOKafkaProducer

from services.intake.adapters.refusals import Rejection

REJECTIONS_TOPIC = "huiji.ingress.rejections"
REJECTION_TYPE = "huiji.ingress.rejection.v1"
PUBLISH_TIMEOUT_SECONDS = 20.0


class KafkaRejectionTopic:
    """Implements `RejectionTopic`. The key is the hospital's id, so each hospital's rejections keep their order."""

    def __init__(self, bootstrap: str) -> None:
        self._producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", linger_ms=0)

    async def start(self) -> None:
        await self._producer.start()

    async def stop(self) -> None:
        await self._producer.stop()

    async def publish(self, rejections: Sequence[Rejection]) -> None:
        """Send all and wait until the broker has them."""
        async with asyncio.timeout(PUBLISH_TIMEOUT_SECONDS):
            acknowledged = [await self._send(rejection) for rejection in rejections]
            await asyncio.gather(*acknowledged)

    async def _send(self, rejection: Rejection) -> "asyncio.Future[object]":
        future: asyncio.Future[object] = await self._producer.send(
            REJECTIONS_TOPIC,
            value=rejection.message,
            key=None if rejection.hospital_id is None else rejection.hospital_id.encode(),
            headers=[
                ("ce_specversion", b"1.0"),
                ("ce_id", rejection.rejection_id.encode()),
                ("ce_source", b"intake"),
                ("ce_type", REJECTION_TYPE.encode()),
                ("ce_subject", f"refusal-{rejection.refusal_id}".encode()),
                ("content-type", b"application/json"),
            ],
        )
        return future
