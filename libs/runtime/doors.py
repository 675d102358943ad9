"""Who may pass a route: each route declares its door, and a door lets pass, refuses and counts in one place."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from fastapi import Depends
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase
from prometheus_client import Counter
from starlette.requests import Request

from libs.runtime.callers import Caller, Holders, holder_of
from libs.runtime.problems import Problem
from libs.runtime.staff import Staff, StaffMember, bearer_token
from libs.runtime.watched_file import WatchedFile

TURNED_AWAY = Counter(
    "huiji_callers_turned_away",
    "Requests refused because of who asked, or who did not say",
    ["code"],
    registry=None,
)


class CallerRefused(Problem):
    """A request that was refused for who asks: 401 or 403. Nothing of it was looked at or recorded; it is counted."""

    def __init__(self, status: int, code: str, title: str, detail: str, challenge: str | None = None) -> None:
        headers = {} if challenge is None else {"WWW-Authenticate": challenge}
        super().__init__(status, code, title, detail, headers=headers)
        TURNED_AWAY.labels(code).inc()


class HospitalDoor(SecurityBase):
    """A FastAPI dependency: which caller of the deployment's file shows its token. Raises CallerRefused 401.

    Where no file is named (`known` is None) everybody passes unproven, as None.
    """

    def __init__(self, known: WatchedFile[Holders] | None, clock: Callable[[], datetime]) -> None:
        self.model = HTTPBearer(description="a hospital's token (HUIJI_HOSPITAL_CALLERS_FILE)")
        self.scheme_name = "hospital"
        self._known = known
        self._clock = clock

    async def __call__(self, request: Request) -> Caller | None:
        """On the way of every claim: a hash and a look-up."""
        return None if self._known is None else caller_showing(request, self._known.current, self._clock())


class LookingDoor(SecurityBase):
    """As the hospitals' door, for what operators look at, too: with their staff token they see any hospital's."""

    def __init__(self, hospitals: HospitalDoor, staff: Staff | None) -> None:
        self.model = HTTPBearer(description="a hospital's token, or one of staff with the role operator")
        self.scheme_name = "hospital or operator"
        self._hospitals = hospitals
        self._staff = staff

    async def __call__(self, request: Request) -> Caller | None:
        member = _member_showing(request, self._staff)
        if member is not None and "operator" in member.roles:
            return Caller(member.id, None)
        return await self._hospitals(request)


@dataclass(frozen=True)
class Inside:
    """Whom a service knows of the inside: other services and desks by its file, staff by theirs.

    `known` None: the deployment names no services, and the doors of the inside stand open.
    """

    known: WatchedFile[Holders] | None
    staff: Staff | None
    clock: Callable[[], datetime]

    def caller(self, request: Request) -> Caller | StaffMember | None:
        """Who asks; None where the doors stand open. Raises CallerRefused 401."""
        if self.known is None:
            return None
        return _member_showing(request, self.staff) or caller_showing(
            request, self.known.current, self.clock()
        )


class InsideDoor(SecurityBase):
    """A FastAPI dependency of routes that are not for the outside; whom it lets pass is its kind.

    It asks the service's `Inside`, which `ServiceHttp` hangs up in the application. Answers who passes, or None.
    """

    def __init__(self, kind: Literal["inside", "staff", "operator", "desk"], who: str) -> None:
        self.model = HTTPBearer(description=who)
        self.scheme_name = kind
        self._kind = kind
        self._who = who

    async def __call__(self, request: Request) -> Caller | StaffMember | None:
        inside: Inside | None = getattr(request.app.state, "inside", None)
        asks = None if inside is None else inside.caller(request)
        if asks is not None and not self._lets_pass(asks):
            detail = f"{asks.id} may not do this: it is for {self._who}."
            raise CallerRefused(403, "not_for_you", "Not for you", detail)
        return asks

    def _lets_pass(self, asks: Caller | StaffMember) -> bool:
        if isinstance(asks, StaffMember):
            return self._kind in ("inside", "staff") or "operator" in asks.roles
        return asks.passes == self._kind


class ReaderDoor(SecurityBase):
    """Says of a route that it is the readers': `libs.runtime.readers` asks who reads, where a deployment names them."""

    def __init__(self) -> None:
        self.model = HTTPBearer(description="a reader's token (HUIJI_READER_FILE)")
        self.scheme_name = "reader"

    async def __call__(self) -> None:
        """Nothing: who reads is asked by each look."""


Asking = Caller | StaffMember | None
"""Who passes a door of the inside; None where the doors stand open."""


def named_truly(asks: Asking, named: str) -> None:
    """A member of staff acts under their own id only. Raises CallerRefused 403."""
    if isinstance(asks, StaffMember) and asks.id != named:
        raise CallerRefused(
            403, "not_who_you_say", "Not your id", f"The token is {asks.id}'s: act under that id."
        )


def speaks_truly_for(asks: Asking, asked_by: str | None) -> bool:
    """Whether for whom is asked (`ASKED_BY`) is proven: a service has proved itself, and its asker to it.

    Staff speak for themselves only: who is named by them has proved nothing.
    """
    return asked_by is not None and isinstance(asks, Caller)


INSIDE = Depends(InsideDoor("inside", "the deployment's services, and its staff"))
STAFF = Depends(InsideDoor("staff", "the deployment's staff"))
OPERATOR = Depends(InsideDoor("operator", "staff with the role operator"))
DESK = Depends(InsideDoor("desk", "desks at which people are served, and staff with the role operator"))
READER = Depends(ReaderDoor())
#: The OpenAPI document's word for a route that everybody may ask.
OPEN: Final[dict[str, list[str]]] = {"security": []}


def _member_showing(request: Request, staff: Staff | None) -> StaffMember | None:
    token = bearer_token(request.headers.get("authorization"))
    return None if staff is None or token is None else staff.member_with(token)


def caller_showing(request: Request, known: Holders, now: datetime) -> Caller:
    """Whose token the request shows, and that it counts now. Raises CallerRefused 401."""
    holder = holder_of(known, request.headers.get("authorization", ""))
    if holder is None:
        raise _unknown(request)
    if holder.expires is not None and now >= holder.expires:
        raise _not_now("token_expired", "The token has expired: show the next one, or ask for one.")
    if holder.not_before is not None and now < holder.not_before:
        raise _not_now("token_not_yet", "The token counts later: show the present one until then.")
    return holder.caller


def _unknown(request: Request) -> CallerRefused:
    shown = "authorization" in request.headers
    code = "token_unknown" if shown else "token_missing"
    detail = "Send the token that the deployment gave you: Authorization: Bearer <token>."
    challenge = 'Bearer realm="huiji", error="invalid_token"' if shown else 'Bearer realm="huiji"'
    return CallerRefused(401, code, "Who is asking is not known", detail, challenge)


def _not_now(code: str, detail: str) -> CallerRefused:
    challenge = 'Bearer realm="huiji", error="invalid_token"'
    return CallerRefused(401, code, "The token does not count now", detail, challenge)
