"""A policy as people write it (YAML), and the rules that it becomes: every field by name.

What is adopted names fields one by one, so a column that a later release adds to a view is seen by nobody until an
edition says so. Not so within a claim's parts, `decisions` and the like: each is one field.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from libs.access.views import VIEWS
from libs.contracts.access import AccessRule, Participant, Purpose, Scope

STANDARD = Path(__file__).parent / "policies" / "standard.yaml"
"""The policy that a city starts from."""

_SCOPE_OF: Mapping[Participant, Scope] = {
    "patient": "own",
    "hospital": "of_the_hospital",
    "insurer": "of_its_pool",
    "charity": "referred_to_it",
}


class PolicyUnusable(Exception):
    """The policy does not say what it should; `faults` are sentences."""

    code = "policy_unusable"

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


class _Written(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AllBut(_Written):
    """Every field of the view but these."""

    all_but: tuple[str, ...]


class WrittenRule(_Written):
    """Who sees which fields of which views, of whose claims, and by consent to which purpose."""

    id: str = Field(pattern=r"^[a-z][a-z0-9-]{0,59}$")
    reader: Participant
    claims: Scope
    consent: Purpose | None = None
    views: dict[str, Literal["all"] | AllBut | Annotated[tuple[str, ...], Field(min_length=1)]]

    @model_validator(mode="after")
    def _says_what_there_is(self) -> Self:
        if self.claims not in ("every", _SCOPE_OF.get(self.reader)):
            raise ValueError(f"{self.reader} has no claims {self.claims!r}")
        for view, named in self.views.items():
            if view not in VIEWS:
                raise ValueError(f"there is no view {view!r}")
            fields = named.all_but if isinstance(named, AllBut) else () if named == "all" else named
            if unknown := sorted(set(fields) - set(VIEWS[view])):
                raise ValueError(f"{view} has no field {', '.join(unknown)}")
        return self

    def rules(self) -> list[AccessRule]:
        """A rule per view, with the fields in the view's order."""
        return [
            AccessRule(
                rule_id=self.id,
                reader=self.reader,
                view=view,
                claims=self.claims,
                fields=_fields(view, named),
                consent=self.consent,
            )
            for view, named in self.views.items()
        ]


class WrittenPolicy(_Written):
    """The file."""

    title: str = Field(min_length=1, max_length=200)
    rules: tuple[WrittenRule, ...] = Field(min_length=1, max_length=200)

    @model_validator(mode="after")
    def _each_rule_once(self) -> Self:
        names = [rule.id for rule in self.rules]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two rules are called {', '.join(twice)}")
        return self


def _fields(view: str, named: Literal["all"] | AllBut | tuple[str, ...]) -> tuple[str, ...]:
    if named == "all":
        return VIEWS[view]
    if isinstance(named, AllBut):
        return tuple(field for field in VIEWS[view] if field not in named.all_but)
    return tuple(field for field in VIEWS[view] if field in named)


def read_policy(path: Path) -> dict[str, Any]:
    """The file as plain values, as it is sent to be adopted. Raises PolicyUnusable."""
    try:
        written: Any = yaml.safe_load(path.read_bytes())
    except (OSError, yaml.YAMLError) as error:
        raise PolicyUnusable([f"{path.name}: {type(error).__name__}"]) from None
    rules_of(written)
    return dict(written)


def rules_of(written: object) -> tuple[str, tuple[AccessRule, ...]]:
    """Title and rules of a policy as it was written. Raises PolicyUnusable."""
    try:
        policy = WrittenPolicy.model_validate(written)
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
        raise PolicyUnusable(faults) from None
    return policy.title, tuple(rule for each in policy.rules for rule in each.rules())
