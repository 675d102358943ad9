"""A platform that only answers by HTTP: logs of a synthetic history, and whatever else a test puts there."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from libs.eventlog.envelope import to_json
from libs.eventlog.event import Recorded
from libs.testing.staff import written_staff

SERVICES = (
    "intake",
    "enrolment",
    "medical_data",
    "fraud",
    "adjudication",
    "payout",
    "charity",
    "projections",
)


@dataclass
class ServedPlatform:
    """Answers by (method, path), text as it is and all else as JSON; a function answers by the query.

    `asked` has what was requested, with the body.
    `tokens`: the authorization that each request showed.
    """

    logs: dict[tuple[str, int], list[Recorded]]
    heads_beyond: int = 0
    answers: dict[tuple[str, str], tuple[int, Any]] = field(
        default_factory=lambda: {("GET", "/adjudication/plans/archive"): (200, [])}
    )
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    tokens: list[str | None] = field(default_factory=list)
    file: Path = Path()

    def answer(self, method: str, path: str, body: Any) -> tuple[int, bytes]:
        """Status and content."""
        self.asked.append((method, path, body))
        parts = urlsplit(path)
        _, service, *rest = parts.path.split("/")
        if rest[:1] == ["log"]:
            if rest[2:3] == ["subjects"]:
                return 200, self._of_subject(service, int(rest[1]), unquote(rest[3]))
            return 200, self._log(service, rest[1], parse_qs(parts.query))
        unknown = (404, {"title": "Not here", "detail": "no such thing"})
        status, document = self.answers.get((method, parts.path), unknown)
        if callable(document):
            document = document(parse_qs(parts.query))
        return status, (document if isinstance(document, str) else json.dumps(document)).encode()

    def _of_subject(self, service: str, shard: int, subject: str) -> bytes:
        log = self.logs.get((service, shard), [])
        return b"".join(to_json(event) + b"\n" for event in log if event.subject == subject)

    def _log(self, service: str, what: str, query: dict[str, list[str]]) -> bytes:
        mine = {shard: log for (source, shard), log in self.logs.items() if source == service}
        if what == "roots":
            return b""
        if what == "heads":
            return json.dumps({shard: len(log) + self.heads_beyond for shard, log in mine.items()}).encode()
        after, limit = int(query["after"][0]), int(query["limit"][0])
        return b"".join(to_json(event) + b"\n" for event in mine[int(what)][after : after + limit])


@contextmanager
def served(logs: dict[tuple[str, int], list[Recorded]], directory: Path) -> Iterator[ServedPlatform]:
    """Within: the platform answers, and `file` says where."""
    platform = ServedPlatform(logs)

    class Handler(BaseHTTPRequestHandler):
        def _respond(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            platform.tokens.append(self.headers.get("authorization"))
            status, content = platform.answer(self.command, self.path, body)
            self.send_response(status)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = _respond  # noqa: N815 - the base class looks these names up

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}"
    platform.file = directory / "platform.json"
    document = {
        "services": {name: f"{url}/{name}" for name in SERVICES},
        "staff_file": str(written_staff(directory)),
    }
    platform.file.write_text(json.dumps(document))
    try:
        yield platform
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
