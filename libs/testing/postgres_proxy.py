"""A proxy in front of PostgreSQL that kills its client between two messages: a crash at a step that can be named."""

import os
import signal
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, unquote, urlsplit, urlunsplit

COMMITTED = b"COMMIT\0"
"""The tag with which the server says that a transaction is durable."""

_CHUNK = 64 * 1024
_OVERLAP = 256


@dataclass(frozen=True)
class KillPoint:
    """Kill `pid` when, on one connection, `sent` went to the server and then `answered` comes back.

    The answer is not delivered: what the server did is durable, and the client never learns of it.
    """

    pid: int
    sent: bytes
    answered: bytes


class PostgresProxy:
    """Passes bytes between clients of `url` and the server of `upstream_url`; use it with `with`."""

    def __init__(self, upstream_url: str) -> None:
        self._upstream_url = upstream_url
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._passing = threading.Event()
        self._passing.set()
        self._kill_point: KillPoint | None = None
        #: Set when the kill point was reached.
        self.killed = threading.Event()

    @property
    def url(self) -> str:
        """The upstream's URL, by this proxy."""
        parts = urlsplit(self._upstream_url)
        user = f"{parts.username}:{parts.password}" if parts.password else parts.username
        port = self._listener.getsockname()[1]
        return urlunsplit(("postgresql", f"{user}@127.0.0.1:{port}", parts.path, "sslmode=disable", ""))

    def kill_at(self, point: KillPoint) -> None:
        """Arm; only what is sent from now on counts."""
        self.killed.clear()
        self._kill_point = point

    def cut(self) -> int:
        """Hang up every connection, in whatever it is doing; returns how many. New ones are taken."""
        hung_up, self._open = self._open, []
        for one in hung_up:
            _hang_up(one)
        return len(hung_up) // 2

    def hold(self) -> None:
        """Pass nothing on until `go_on`: a network that answers nobody."""
        self._passing.clear()

    def go_on(self) -> None:
        """Pass on what was held."""
        self._passing.set()

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for one in (self._listener, *self._open):
            _hang_up(one)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = self._connect()
            except OSError:
                # The server is down: so is this connection.
                _hang_up(client)
                continue
            self._open += [client, server]
            sent = threading.Event()
            for target, source, sink in (
                (self._to_server, client, server),
                (self._to_client, server, client),
            ):
                threading.Thread(target=target, args=(source, sink, sent), daemon=True).start()

    def _connect(self) -> socket.socket:
        parts = urlsplit(self._upstream_url)
        directory = parse_qs(parts.query).get("host", [""])[0]
        if directory:
            server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            server.connect(f"{unquote(directory)}/.s.PGSQL.{parts.port or 5432}")
            return server
        return socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 5432))

    def _to_server(self, client: socket.socket, server: socket.socket, sent: threading.Event) -> None:
        tail = b""
        while chunk := _received(client):
            self._passing.wait()
            point = self._kill_point
            if point is not None and point.sent in tail + chunk:
                sent.set()
            tail = chunk[-_OVERLAP:]
            if not _delivered(server, chunk):
                break
        _hang_up(server)

    def _to_client(self, server: socket.socket, client: socket.socket, sent: threading.Event) -> None:
        while chunk := _received(server):
            self._passing.wait()
            point = self._kill_point
            if point is not None and sent.is_set() and point.answered in chunk:
                self._kill_point = None
                os.kill(point.pid, signal.SIGKILL)
                self.killed.set()
                break
            if not _delivered(client, chunk):
                break
        _hang_up(client)


def _hang_up(one: socket.socket) -> None:
    # Closing alone tells nobody while another thread still reads from it.
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()


def _received(source: socket.socket) -> bytes:
    try:
        return source.recv(_CHUNK)
    except OSError:
        return b""


def _delivered(sink: socket.socket, chunk: bytes) -> bool:
    try:
        sink.sendall(chunk)
    except OSError:
        return False
    return True
