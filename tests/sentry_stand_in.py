"""A receiver of Sentry's protocol on loopback, for tests."""

import gzip
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from tests.patience import PATIENCE


@dataclass
class SentryStandIn:
    """`bodies` are the envelopes as they came."""

    port: int
    bodies: list[str] = field(default_factory=list)

    @property
    def dsn(self) -> str:
        return f"http://key-of-sentry@127.0.0.1:{self.port}/7"

    def event(self, message: str) -> dict[str, Any]:
        """The first whose text holds the message, waited for."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            for line in (line for body in list(self.bodies) for line in body.splitlines()):
                if message in line and "exception" in (event := json.loads(line)):
                    found: dict[str, Any] = event
                    return found
            time.sleep(0.02)
        raise AssertionError(f"nothing with {message!r} was reported: {self.bodies}")


@contextmanager
def sentry_stand_in() -> Iterator[SentryStandIn]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            stand_in.bodies.append((gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body).decode())
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    stand_in = SentryStandIn(server.server_port)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield stand_in
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
