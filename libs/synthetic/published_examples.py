"""Worked examples that plans and newspapers published, as complete national settlements with their figures.

Each file states which figures are published. A stay and a drug bought outside it are settlements of their own,
in the order of service, because that is how they arrive; the figures are sums over the person's settlements.
"""

from functools import cache
from importlib.resources import files
from typing import Any, Literal

import orjson
import yaml
from pydantic import Field

from libs.contracts.event import Fen, Model
from libs.interop.national import parse_settlement
from libs.interop.submission import Person, Submission
from libs.synthetic.insured import Coverage


class Expected(Model):
    """What was published, in fen, stated to multiples of `precision_fen`.

    `decision`: the named plan pays this. `layer`: critical-illness insurance, a layer below the plans, pays it.
    `conservation`: the plan's payment cannot be recomputed; funds, plan and patient must sum to the bill.
    """

    check: Literal["decision", "layer", "conservation"]
    precision_fen: int = Field(ge=1)
    liabilities: dict[str, Fen] = Field(default_factory=dict, description="by the plan file's liability id")
    plan_pays_fen: Fen
    patient_bears_fen: Fen | None = None


class PublishedExample(Model):
    """One example. `grade`: G golden, H consistent but of a weaker source, P only partly checkable."""

    id: str
    title: str
    source: str
    grade: Literal["G", "H", "P"]
    derived: bool = Field(description="the value follows from a published formula, rather than being printed")
    person: Person
    coverage: Coverage | None
    submissions: tuple[Submission, ...]
    expected: Expected

    @property
    def plan_id(self) -> str | None:
        """The plan whose terms apply, when they are known."""
        return None if self.coverage is None else self.coverage.plan_id


@cache
def published_examples() -> tuple[PublishedExample, ...]:
    """All examples, by id."""
    folder = files("libs.synthetic") / "data" / "published_examples"
    documents = [
        yaml.safe_load(file.read_text("utf-8")) for file in folder.iterdir() if file.name.endswith(".yaml")
    ]
    return tuple(sorted((_example(document) for document in documents), key=lambda example: example.id))


def _example(document: dict[str, Any]) -> PublishedExample:
    submissions = tuple(parse_settlement(orjson.dumps(one)) for one in document["settlements"])
    # The files leave out what the identity number says; the parsed settlements have read it.
    person = submissions[0].person.model_copy(update={"phone": document["person"].get("phone")})
    return PublishedExample.model_validate(
        {
            **document,
            "person": person,
            "submissions": submissions,
            "expected": Expected(**document["expected"]),
        }
    )
