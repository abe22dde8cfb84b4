"""A run whose API, worker and migrations are a few lines each: `python -m tests.ops.stand_in run`."""

import json
import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import count
from typing import Any


def run(arguments: list[str]) -> int:
    from ops.local.__main__ import main  # noqa: PLC0415  # the parts below start without it
    from ops.local.parts import Parts  # noqa: PLC0415

    def part(name: str) -> tuple[str, ...]:
        return (sys.executable, "-m", "tests.ops.stand_in", name)

    parts = Parts(
        api=part("api"),
        worker=part("worker"),
        sandbox=part("worker"),
        migrate=part("migrate"),
        read_exchanges=lambda _: None,
    )
    return main(arguments, parts)


class _Api(BaseHTTPRequestHandler):
    polls = count(1)  # the demo is half done after each

    def do_GET(self) -> None:
        self._answer({"ready": True})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        percent = min(100.0, 50.0 * next(self.polls))
        self._answer({"data": {"syncJobs": {"nodes": [_job(symbol, percent) for symbol in ("BTC/USDT", "ETH/USDT")]}}})

    def log_message(self, *_: Any) -> None:
        """Nobody reads it."""

    def _answer(self, body: object) -> None:
        content = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _job(symbol: str, percent: float) -> dict[str, Any]:
    return {
        "id": symbol,
        "kind": "INITIAL",
        "createdAt": "2024-03-01T00:00:00Z",
        "status": "RUNNING" if percent < 100 else "SUCCEEDED",
        "pair": {"symbol": symbol, "interval": "1m", "exchange": {"name": "sandbox"}},
        "progress": {"percent": percent, "candlesWritten": int(percent * 432), "etaSeconds": 100 - percent},
        "error": None,
    }


def api() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    HTTPServer((os.environ.get("HOST", "127.0.0.1"), int(os.environ["PORT"])), _Api).serve_forever()


def worker() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    while True:
        signal.pause()


def migrate() -> int:
    """Fails when told to."""
    refusal = os.environ.get("REFUSE_MIGRATION", "")
    sys.stderr.write(refusal)
    return 1 if refusal else 0


if __name__ == "__main__":
    name, *rest = sys.argv[1:]
    sys.exit(run(rest) if name == "run" else {"api": api, "worker": worker, "migrate": migrate}[name]())
