"""A hospital that sends by topic is told by a running platform where its broker is."""

from pathlib import Path

import orjson

from services.operations.adapters.announcing import FILE, announced
from services.operations.domain.platform import Platform
from services.operations.domain.topology import Addresses

BROKER = "127.0.0.1:34567"


def addresses() -> Addresses:
    return Addresses(
        database_url="postgresql://127.0.0.1/huiji",
        kafka=BROKER,
        services={"projections": "http://127.0.0.1:8108"},
        bureau_url="http://127.0.0.1:8109",
        bank_url="http://127.0.0.1:8110",
        master_key_file=Path("master.key"),
    )


def test_the_broker_is_among_what_is_printed() -> None:
    assert Platform(addresses(), Path("logs")).urls_to_look_at()["broker"] == f"{BROKER} (Kafka)"


def test_the_broker_is_in_the_announcement(tmp_path: Path) -> None:
    with announced(tmp_path, addresses()):
        assert orjson.loads((tmp_path / FILE).read_bytes())["kafka"] == BROKER
