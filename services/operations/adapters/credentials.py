"""Who acts at a terminal, proved by a staff token: from the environment, or of a platform on this machine by name.

`$HUIJI_STAFF_TOKEN_FILE` or `$HUIJI_STAFF_TOKEN` hold a token of one's own. The local platform keeps the tokens of its
made-up staff in a file of its owner's (`staff-tokens.json`), so that `--by operator-01` is enough there, and who
only looks says nothing.
"""

import json
import os
from pathlib import Path
from typing import Final, Protocol

from libs.runtime.staff import Role, StaffFileUnusable, StaffMember, read_staff
from services.operations.adapters.demo_staff import TOKENS
from services.operations.domain.errors import OperationsError

TOKEN = "HUIJI_STAFF_TOKEN"
TOKEN_FILE = "HUIJI_STAFF_TOKEN_FILE"
#: The first of a local platform's operators: who looks when nobody is named.
LOOKS: Final = "operator-01"


class Proving(Protocol):
    """What is known of a platform's callers: whether its services ask who calls, and where its staff are."""

    @property
    def staff_file(self) -> Path | None: ...

    @property
    def service_callers_file(self) -> Path | None: ...


class NotProven(OperationsError):
    """Whoever acts has not shown who they are, or may not do this."""

    code = "not_proven"


class NobodyActs(NotProven):
    """Neither a token nor a member of a local platform's staff was named."""

    code = "nobody_acts"

    def __init__(self, known: list[str]) -> None:
        here = f", or say --by {' | '.join(known)} on this machine's platform" if known else ""
        super().__init__(f"who acts? Show a staff token in ${TOKEN} or a file named by ${TOKEN_FILE}{here}")


class NotStaff(NotProven):
    """The token is nobody's."""

    code = "not_staff"

    def __init__(self) -> None:
        super().__init__("the token is not one of this deployment's staff")


class RoleMissing(NotProven):
    """The member of staff has another role."""

    code = "role_missing"

    def __init__(self, member: StaffMember, role: Role) -> None:
        super().__init__(f"{member.id} has not the role {role!r}")


def staff_token(running: Proving, by: str) -> str:
    """The token to show: of `by` on a local platform; the environment's when it is empty. Raises NotProven."""
    local = _local_tokens(running)
    if by:
        if by not in local:
            raise NobodyActs(sorted(local))
        return local[by]
    if token := token_of_environment():
        return token
    raise NobodyActs(sorted(local))


def caller_token(running: Proving) -> str | None:
    """What every request shows: the environment's token; else, where this machine's services ask, its operator's.

    Raises NotProven.
    """
    return token_of_environment() if running.service_callers_file is None else operator_token(running)


def token_of_environment() -> str | None:
    """The environment's token, if it has one. Raises NotProven."""
    if file := os.environ.get(TOKEN_FILE):
        try:
            return Path(file).read_text().strip()
        except OSError as error:
            raise NotProven(f"{file}: {error.strerror}") from None
    return os.environ.get(TOKEN) or None


def reader_token(running: Proving, by: str) -> str | None:
    """The token of who looks: what is recorded is whose it is.

    Where services ask nobody, whoever has none here gives a name. Raises NotProven: they ask, and it is not staff's.
    """
    try:
        return staff_token(running, by)
    except NobodyActs:
        if by and running.service_callers_file is not None:
            raise
        return caller_token(running)


def operator_token(running: Proving) -> str | None:
    """The token for what a made-up city does: the environment's; else of one of a local platform's operators.

    Raises NotProven.
    """
    if token := token_of_environment():
        return token
    local = _local_tokens(running)
    try:
        staff = read_staff(running.staff_file).staff if local and running.staff_file else ()
    except StaffFileUnusable as error:
        raise NotProven(str(error)) from None
    return next((local[one.id] for one in staff if one.id in local and "operator" in one.roles), None)


def proven(running: Proving, by: str, role: Role) -> StaffMember:
    """Who acts on what has no service of its own to ask: the staff file decides. Raises NotProven."""
    token = staff_token(running, by)
    if running.staff_file is None:
        raise NotProven("it is not known who the staff are: set $HUIJI_STAFF_FILE")
    try:
        member = read_staff(running.staff_file).member_with(token)
    except StaffFileUnusable as error:
        raise NotProven(str(error)) from None
    if member is None:
        raise NotStaff
    if role not in member.roles:
        raise RoleMissing(member, role)
    return member


def _local_tokens(running: Proving) -> dict[str, str]:
    file = running.staff_file.with_name(TOKENS) if running.staff_file else None
    if file is None or not file.exists():
        return {}
    tokens: dict[str, str] = json.loads(file.read_text())
    return tokens
