"""Who of the deployment's staff is asking: bearer tokens, of which the file holds only hashes.

A stand-in for the city's own sign-on with the one property that rulings need: a second person is another person.
"""

import hashlib
import hmac
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import yaml
from fastapi import Header
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from libs.runtime.problems import Problem


class StaffMember(BaseModel):
    """One person: an id that may stand in events (never a name), and the authority tier."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[A-Za-z0-9_.@-]{1,64}$")
    tier: str = Field(pattern=r"^[a-z_]{1,40}$")
    token_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class StaffFile(BaseModel):
    """The staff of a deployment."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    staff: tuple[StaffMember, ...]


class StaffFileUnusable(Exception):
    """The file cannot be read or does not say what it should."""

    code = "staff_file_unusable"


def read_staff(path: Path) -> StaffFile:
    """The staff file (YAML). Raises StaffFileUnusable, without quoting the file."""
    try:
        return StaffFile.model_validate(yaml.safe_load(path.read_bytes()))
    except (OSError, yaml.YAMLError) as error:
        raise StaffFileUnusable(f"{path.name}: {type(error).__name__}") from None
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise StaffFileUnusable(f"{path.name}: {faults}") from None


def token_hash(token: str) -> str:
    """What the file keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def staff_desk(staff: StaffFile | None) -> Callable[[str | None], StaffMember]:
    """A FastAPI dependency that answers who asks.

    Problems: 401 without a known token; 503 when the deployment names no staff, so that nobody rules by accident.
    """

    def who(authorization: Annotated[str | None, Header()] = None) -> StaffMember:
        if staff is None:
            detail = "This deployment has no staff file (HUIJI_STAFF_FILE): nobody can rule here."
            raise Problem(503, "staff_unknown", "No staff is known", detail)
        kind, _, token = (authorization or "").partition(" ")
        hashed = token_hash(token.strip())
        for member in staff.staff:
            if kind.lower() == "bearer" and hmac.compare_digest(member.token_sha256, hashed):
                return member
        detail = "Send the token that the deployment gave you: Authorization: Bearer <token>."
        raise Problem(
            401, "not_staff", "Who is asking is not known", detail, headers={"WWW-Authenticate": "Bearer"}
        )

    return who
