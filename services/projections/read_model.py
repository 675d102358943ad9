"""What a read model is made of, and which ones there are."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from libs.eventlog import Handler
from services.projections.claims.filling import fill
from services.projections.claims.project import project
from services.projections.claims.subscriptions import SUBSCRIPTIONS

_HERE = Path(__file__).parent
GENERATIONS = _HERE / "generations"
"""Migrations of what is kept about read models; not part of any."""


@dataclass(frozen=True, slots=True)
class ReadModel:
    """Tables and views that follow the logs.

    `version` is raised with every change after which the same events give other content: the tables that an older
    version filled are then built anew (`huiji rebuild`). `handler` follows live, `fill` does the same to tables that
    it has to itself.
    """

    name: str
    version: int
    migrations: Path
    subscriptions: Mapping[str, frozenset[str]]
    handler: Handler
    fill: Handler

    @property
    def handled_types(self) -> frozenset[str]:
        """Event types that say something to it, of all sources."""
        return frozenset().union(*self.subscriptions.values())


CLAIMS = ReadModel(
    name="claims",
    version=5,
    migrations=_HERE / "migrations",
    subscriptions=SUBSCRIPTIONS,
    handler=project,
    fill=fill,
)
READ_MODELS: Mapping[str, ReadModel] = {model.name: model for model in (CLAIMS,)}
