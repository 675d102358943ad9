"""Who reads the read models: bearer tokens of participants, of which the file holds only hashes, as of staff.

A stand-in for the city's own sign-on, as `libs.runtime.staff` is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

from fastapi import Header
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from libs.access import Reader
from libs.runtime.problems import Problem
from libs.runtime.staff import Staff, bearer_token, token_hash
from libs.runtime.watched_file import read_edited


class ReaderEntry(BaseModel):
    """A token's holder: an id that may stand in records (never a name), and as which participant they read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[A-Za-z0-9_.@-]{1,64}$")
    reads_as: str = Field(description="KIND:ID, such as insurer:lead")
    token_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")

    @field_validator("reads_as")
    @classmethod
    def _is_a_reader(cls, text: str) -> str:
        return str(Reader.parse(text))


class ReaderFile(BaseModel):
    """The readers of a deployment."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    readers: tuple[ReaderEntry, ...]

    @model_validator(mode="after")
    def _each_is_another(self) -> Self:
        for what in ("id", "token_sha256"):
            values = [getattr(one, what).casefold() for one in self.readers]
            if len(set(values)) != len(values):
                raise ValueError(f"two readers have the same {what}")
        return self


class ReaderFileUnusable(Exception):
    """The file cannot be read or does not say what it should."""

    code = "reader_file_unusable"


def read_readers(path: Path) -> ReaderFile:
    """The reader file (YAML). Raises ReaderFileUnusable, without quoting the file."""
    return read_edited(path, ReaderFile.model_validate, ReaderFileUnusable)


@dataclass(frozen=True, slots=True)
class Asking:
    """Who showed a token, and as whom they read."""

    shown_by: str
    reader: Reader


def reading_desk(readers: ReaderFile, staff: Staff | None) -> Callable[[str | None], Asking]:
    """A FastAPI dependency that answers who reads; staff who operate read as operators. Problem: 401."""
    by_hash = {one.token_sha256: Asking(one.id, Reader.parse(one.reads_as)) for one in readers.readers}

    def operating(token: str) -> Asking | None:
        member = staff.member_with(token) if staff else None
        if member is None or "operator" not in member.roles:
            return None
        return Asking(member.id, Reader("operator", member.id))

    def who(authorization: Annotated[str | None, Header()] = None) -> Asking:
        token = bearer_token(authorization)
        # Looked up by its hash, so how long it takes says nothing about the token.
        known = None if token is None else by_hash.get(token_hash(token)) or operating(token)
        if known is None:
            detail = "Send the token that the deployment gave you: Authorization: Bearer <token>."
            headers = {"WWW-Authenticate": "Bearer"}
            raise Problem(401, "not_a_reader", "Who is asking is not known", detail, headers=headers)
        return known

    return who
