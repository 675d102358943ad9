"""Slowness and failures around the application; death below it, where connections are."""

import asyncio

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from libs.runtime.problems import Problem, problem_response
from services.bureau_simulator.entrypoints.platform import Platform

# Whoever breaks the platform must be able to mend it, and a supervisor must not mistake the game for a crash.
_SPARED = ("/control", "/health")
_SPARED_LINES = tuple(f" {path}".encode() for path in _SPARED)


class Misbehaving:
    """ASGI middleware: waits and fails as the platform's misbehaviour says."""

    def __init__(self, app: ASGIApp, platform: Platform) -> None:
        self._app = app
        self._platform = platform

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, late or never."""
        if scope["type"] != "http" or scope["path"].startswith(_SPARED):
            await self._app(scope, receive, send)
            return
        if self._platform.misbehaviour.latency_ms:
            await asyncio.sleep(self._platform.misbehaviour.latency_ms / 1000)
        if self._platform.next_request_fails():
            problem = Problem(
                503,
                "bureau_failing",
                "The platform fails",
                "Told to fail by /control.",
                headers={"Retry-After": "1"},
            )
            await problem_response(problem, scope["path"])(scope, receive, send)
            return
        await self._app(scope, receive, send)


def mortal(platform: Platform) -> type[HttpToolsProtocol]:
    """An HTTP protocol that hangs up without a word while the platform is dead."""

    class Mortal(HttpToolsProtocol):
        def data_received(self, data: bytes) -> None:
            """Drop the connection when dead, except for requests that are spared."""
            if platform.misbehaviour.dead and not self._spared(data):
                self.transport.abort()
                return
            super().data_received(data)

        def _spared(self, data: bytes) -> bool:
            line = data.split(b"\r\n", 1)[0]
            if line.endswith((b" HTTP/1.1", b" HTTP/1.0")):
                self._sparing = any(path in line for path in _SPARED_LINES)
            # What does not begin with a request line goes on with the request before it.
            return getattr(self, "_sparing", False)

    return Mortal
