"""A stand-in for a service: ready at once, shows what it was told, misbehaves as its name asks."""

import json
import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        told = {name: value for name, value in os.environ.items() if name.startswith("HUIJI_")}
        body = json.dumps({"pid": os.getpid(), "told": told}).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing per request."""


def main() -> None:
    if "broken" in os.environ["HUIJI_SERVICE"]:
        sys.exit("the plan file of 2026 is missing")
    if "silent" in os.environ["HUIJI_SERVICE"]:
        signal.pause()
    HTTPServer(("127.0.0.1", int(os.environ["HUIJI_HTTP_PORT"])), _Handler).serve_forever()


if __name__ == "__main__":
    main()
