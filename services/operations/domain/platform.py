"""A running platform, as the commands that use it see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from services.operations.domain.topology import Addresses


@dataclass(frozen=True)
class Platform:
    """Where the parts of a running platform answer; `logs` holds one file per part."""

    addresses: Addresses
    logs: Path

    def url(self, service: str) -> str:
        """Base URL of a service, like http://127.0.0.1:8101."""
        return self.addresses.services[service]

    def urls_to_look_at(self) -> Mapping[str, str]:
        """What is worth opening in a browser, by name; last the broker, where hospitals send by topic."""
        claims = {"claims": f"{self.url('projections')}/"}
        pages = {name: f"{url}/asyncapi" for name, url in self.addresses.services.items()}
        return {
            **claims,
            **pages,
            "bureau_simulator": self.addresses.bureau_url,
            "bank": self.addresses.bank_url,
            "broker": f"{self.addresses.kafka} (Kafka)",
        }
