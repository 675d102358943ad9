"""No request's body is taken into memory beyond a limit, whoever reads it and however it is sent."""

from contextlib import suppress

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from libs.runtime.problems import Problem, problem_response


class BoundedBodies:
    """ASGI middleware: 413 as soon as more than `limit_bytes` are announced or have come, and the connection ends.

    Without its end the server would go on reading, and throwing away, what the sender still sends.
    """

    def __init__(self, app: ASGIApp, limit_bytes: int) -> None:
        self._app = app
        self._limit_bytes = limit_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, its body counted."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "")
        if announced.isdigit() and int(announced) > self._limit_bytes:
            await self._refuse(scope, receive, send)
            return
        size, answered = 0, False

        async def counted() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > self._limit_bytes:
                raise _TooLarge
            return message

        async def noted(message: Message) -> None:
            nonlocal answered
            # What was read is not whole, so whatever the application makes of it is not answered.
            if size > self._limit_bytes and not answered:
                return
            answered = True
            await send(message)

        with suppress(_TooLarge):
            await self._app(scope, counted, noted)
        if size > self._limit_bytes and not answered:
            await self._refuse(scope, receive, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        await problem_response(too_large(self._limit_bytes), scope["path"])(scope, receive, send)


class _TooLarge(Exception):
    """Unwinds an application that reads a body which goes on for too long."""


def too_large(limit_bytes: int) -> Problem:
    """413 that ends the connection."""
    detail = f"A body has at most {limit_bytes} bytes here."
    headers = {"Connection": "close"}
    return Problem(413, "too_large", "Request too large", detail, headers=headers, limit_bytes=limit_bytes)
