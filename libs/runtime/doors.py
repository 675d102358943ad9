"""Who may pass a route: each route declares its door, and a door lets pass, refuses and counts in one place."""

from collections.abc import Callable
from datetime import datetime

from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase
from prometheus_client import Counter
from starlette.requests import Request

from libs.runtime.callers import Caller, Holders, holder_of
from libs.runtime.problems import Problem
from libs.runtime.staff import StaffFile
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
        if self._known is None:
            return None
        holder = holder_of(self._known.current, request.headers.get("authorization", ""))
        if holder is None:
            raise _unknown(request)
        now = self._clock()
        if holder.expires is not None and now >= holder.expires:
            raise _not_now("token_expired", "The token has expired: show the next one, or ask for one.")
        if holder.not_before is not None and now < holder.not_before:
            raise _not_now("token_not_yet", "The token counts later: show the present one until then.")
        return holder.caller


class LookingDoor(SecurityBase):
    """As the hospitals' door, for what operators look at, too: with their staff token they see any hospital's."""

    def __init__(self, hospitals: HospitalDoor, staff: StaffFile | None) -> None:
        self.model = HTTPBearer(description="a hospital's token, or one of staff with the role operator")
        self.scheme_name = "hospital or operator"
        self._hospitals = hospitals
        self._staff = staff

    async def __call__(self, request: Request) -> Caller | None:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        member = self._staff.member_with(token) if self._staff and kind.lower() == "bearer" else None
        if member is not None and "operator" in member.roles:
            return Caller(member.id, None)
        return await self._hospitals(request)


def _unknown(request: Request) -> CallerRefused:
    shown = "authorization" in request.headers
    code = "token_unknown" if shown else "token_missing"
    detail = "Send the token that the deployment gave you: Authorization: Bearer <token>."
    challenge = 'Bearer realm="huiji", error="invalid_token"' if shown else 'Bearer realm="huiji"'
    return CallerRefused(401, code, "Who is asking is not known", detail, challenge)


def _not_now(code: str, detail: str) -> CallerRefused:
    challenge = 'Bearer realm="huiji", error="invalid_token"'
    return CallerRefused(401, code, "The token does not count now", detail, challenge)
