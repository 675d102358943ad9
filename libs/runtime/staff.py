"""Who of the deployment's staff is asking: bearer tokens, of which the file holds only hashes.

A stand-in for the city's own sign-on with the one property that rulings and operations need: a second person is
another person, proved and not just named.
"""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Annotated, Literal, Protocol, Self

from fastapi import Header
from pydantic import BaseModel, ConfigDict, Field, model_validator

from libs.runtime.problems import Problem
from libs.runtime.watched_file import LOOK_SECONDS, WatchedFile, read_edited

Role = Literal["operator", "approver"]
"""`operator` proposes, retries, discards, runs; `approver` agrees as the second person, and annuls. One may be both."""


class StaffMember(BaseModel):
    """One person: an id that may stand in events (never a name), the authority tier, and what they may operate.

    Without a tier a person rules on no claim; without a role they operate nothing.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[A-Za-z0-9_.@-]{1,64}$")
    tier: str = Field(default="none", pattern=r"^[a-z_]{1,40}$")
    roles: frozenset[Role] = frozenset()
    token_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class Staff(Protocol):
    """Who knows the staff by their tokens."""

    def member_with(self, token: str) -> StaffMember | None: ...


class StaffFile(BaseModel):
    """The staff of a deployment."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    staff: tuple[StaffMember, ...]

    @model_validator(mode="after")
    def _each_is_another(self) -> Self:
        """One token under two ids would be one person who is two."""
        for what in ("id", "token_sha256"):
            values = [getattr(member, what).casefold() for member in self.staff]
            if len(set(values)) != len(values):
                raise ValueError(f"two members of staff have the same {what}")
        return self

    def member_with(self, token: str) -> StaffMember | None:
        """Whose token it is; None for a token of nobody's."""
        hashed = token_hash(token.strip())
        return next((one for one in self.staff if hmac.compare_digest(one.token_sha256, hashed)), None)


class StaffFileUnusable(Exception):
    """The file cannot be read or does not say what it should."""

    code = "staff_file_unusable"


def read_staff(path: Path) -> StaffFile:
    """The staff file (YAML). Raises StaffFileUnusable, without quoting the file."""
    return read_edited(path, StaffFile.model_validate, StaffFileUnusable)


class StaffOnFile:
    """The staff as the file says by now: a token whose line is gone is nobody's a second later.

    A file that cannot be read any more leaves in force what it said, and says so in the log. Raises StaffFileUnusable
    when it is made.
    """

    def __init__(self, path: Path) -> None:
        self._file = WatchedFile(path, read_staff, StaffFileUnusable, "staff")
        self._looked = monotonic()

    def member_with(self, token: str) -> StaffMember | None:
        """As `StaffFile.member_with`. Looks itself: whoever asks who somebody is runs nothing beside."""
        if monotonic() >= self._looked + LOOK_SECONDS:
            self._looked = monotonic()
            self._file.look_now()
        return self._file.current.member_with(token)


def staff_of(path: Path | None) -> Staff | None:
    """The staff of a deployment that names any. Raises StaffFileUnusable."""
    return None if path is None else StaffOnFile(path)


def bearer_token(authorization: str | None) -> str | None:
    """The token of an `Authorization: Bearer <token>`; None for none, an empty one and for another scheme."""
    kind, _, token = (authorization or "").partition(" ")
    return (token.strip() or None) if kind.lower() == "bearer" else None


def token_hash(token: str) -> str:
    """What the file keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def staff_desk(staff: Staff | None, role: Role | None = None) -> Callable[[str | None], StaffMember]:
    """A FastAPI dependency that answers who asks; of those with `role`, when one is given.

    Problems: 401 without a known token; 403 for somebody without the role; 503 when the deployment names no staff, so
    that nobody acts by accident.
    """

    def who(authorization: Annotated[str | None, Header()] = None) -> StaffMember:
        if staff is None:
            detail = "This deployment has no staff file (HUIJI_STAFF_FILE): nobody can do this here."
            raise Problem(503, "staff_unknown", "No staff is known", detail)
        token = bearer_token(authorization)
        member = None if token is None else staff.member_with(token)
        if member is None:
            detail = "Send the token that the deployment gave you: Authorization: Bearer <token>."
            headers = {"WWW-Authenticate": "Bearer"}
            raise Problem(401, "not_staff", "Who is asking is not known", detail, headers=headers)
        if role is not None and role not in member.roles:
            raise Problem(403, "role_missing", "Not your role", f"{member.id} has not the role {role!r}.")
        return member

    return who


def reader_desk(staff: Staff | None) -> Callable[[str | None], StaffMember | None]:
    """A FastAPI dependency that answers who looks, where somebody shows a token. Problems: those of `staff_desk`."""
    known = staff_desk(staff)

    def who(authorization: Annotated[str | None, Header()] = None) -> StaffMember | None:
        return None if authorization is None else known(authorization)

    return who


@dataclass(frozen=True)
class OperatorDesk:
    """The FastAPI dependencies of what operators do to a service, and of who looks."""

    operator: Callable[[str | None], StaffMember]
    approver: Callable[[str | None], StaffMember]
    reader: Callable[[str | None], StaffMember | None]


def operator_desk(staff: Staff | None) -> OperatorDesk:
    """The desks of a deployment's staff."""
    return OperatorDesk(staff_desk(staff, "operator"), staff_desk(staff, "approver"), reader_desk(staff))
