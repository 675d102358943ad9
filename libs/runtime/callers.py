"""Whom a deployment knows by bearer tokens of which its file holds only hashes: hospitals that call intake.

    callers:
      - id: people-hospital-1
        hospitals: [H37070200301]
        tokens:
          - {sha256: 9f86d081…, expires: 2027-12-01}
          - {sha256: 60303ae2…, not_before: 2027-11-01, note: "the next one, told on 2027-10-20"}

Several tokens let a new one come before the old one goes. A caller that speaks for several hospitals is a platform of a
region. A day begins at midnight in Shanghai; a token holds until its `expires` begins.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from libs.contracts.city_time import CITY_ZONE
from libs.runtime.staff import bearer_token, token_hash
from libs.runtime.watched_file import read_edited


def _beginning(value: Any) -> Any:
    """A day that stands for a moment, in quotes or not, is its beginning in the city."""
    if isinstance(value, str) and len(value) == len("2027-12-01"):
        value = date.fromisoformat(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, time(), CITY_ZONE)
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(_beginning)]
CallerId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.@-]{1,64}$")]
HospitalId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,40}$")]


class TokenEntry(BaseModel):
    """What is kept of a token, and from when until when it counts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="hex of the token's SHA-256")
    not_before: Moment | None = None
    expires: Moment | None = Field(default=None, description="from then on it counts no more; None: by hand")
    note: str = ""

    @model_validator(mode="after")
    def _counts_some_time(self) -> Self:
        if self.not_before and self.expires and self.not_before >= self.expires:
            raise ValueError("a token expires after its not_before")
        return self


class HospitalCaller(BaseModel):
    """One system that calls. `id` stands in events and records: a system's, never a person's name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CallerId
    hospitals: frozenset[HospitalId] = Field(min_length=1, description="national codes (fixmedins_code)")
    tokens: tuple[TokenEntry, ...] = Field(description="none: it is known, and may not call")


def _all_differ(callers: "Sequence[HospitalCaller | InsideCaller]") -> None:
    """One token under two ids would make it undecidable who called."""
    ids = [one.id.casefold() for one in callers]
    hashes = [token.sha256 for one in callers for token in one.tokens]
    for what, values in (("id", ids), ("token", hashes)):
        if len(set(values)) != len(values):
            raise ValueError(f"two callers have the same {what}, or one has it twice")


class HospitalCallerFile(BaseModel):
    """The hospitals' systems of a deployment."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    callers: tuple[HospitalCaller, ...]

    @model_validator(mode="after")
    def _each_is_another(self) -> Self:
        _all_differ(self.callers)
        return self


class InsideCaller(BaseModel):
    """A service of the deployment, or a system of the city at which people are served, such as where they enrol."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CallerId
    passes: Literal["inside", "desk"] = Field(
        default="inside",
        description="inside: reads logs and asks services; desk: enrols, records consents, has people forgotten",
    )
    tokens: tuple[TokenEntry, ...]


class InsideCallerFile(BaseModel):
    """The services and desks of a deployment."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    callers: tuple[InsideCaller, ...]

    @model_validator(mode="after")
    def _each_is_another(self) -> Self:
        _all_differ(self.callers)
        return self


class CallersUnusable(Exception):
    """The file cannot be read or does not say what it should."""

    code = "callers_unusable"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who has shown a token. `hospitals`: for whom it speaks; None: staff, who look at any. `passes`: of the inside."""

    id: str
    hospitals: frozenset[str] | None = frozenset()
    passes: Literal["inside", "desk"] | None = None

    def speaks_for(self, hospital_id: str | None) -> bool:
        """Whether this hospital's documents and claims are the caller's."""
        return self.hospitals is None or hospital_id in self.hospitals


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose token it is, and when it counts."""

    caller: Caller
    not_before: datetime | None
    expires: datetime | None


Holders = Mapping[str, Holder]
"""By the token's hash: found by what nobody can choose, so how long it takes says nothing about a token."""

#: For whom a service asks another: the caller that has proved itself at its door. A header and no field of a body, for
#: a service of an earlier release refuses fields that it does not know.
ASKED_BY: Final = "Huiji-Asked-By"


def read_hospital_callers(path: Path) -> Holders:
    """The hospitals' callers in a file (YAML). Raises CallersUnusable, without quoting the file."""
    listed = read_edited(path, HospitalCallerFile.model_validate, CallersUnusable)
    return {
        token.sha256: Holder(Caller(one.id, one.hospitals), token.not_before, token.expires)
        for one in listed.callers
        for token in one.tokens
    }


def read_inside_callers(path: Path) -> Holders:
    """The services and desks in a file (YAML). Raises CallersUnusable, without quoting the file."""
    listed = read_edited(path, InsideCallerFile.model_validate, CallersUnusable)
    return {
        token.sha256: Holder(Caller(one.id, passes=one.passes), token.not_before, token.expires)
        for one in listed.callers
        for token in one.tokens
    }


def holder_of(holders: Holders, authorization: str) -> Holder | None:
    """Who shows this `Authorization: Bearer <token>`; None for nobody's token and for another scheme."""
    token = bearer_token(authorization)
    return None if token is None else holders.get(token_hash(token))
