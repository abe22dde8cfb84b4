"""Counting requests by route and status."""

from collections.abc import Collection
from functools import cache
from typing import Final

from prometheus_client import Counter
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.telemetry.metrics import HTTP_REQUESTS

# For paths that are no route: there is no end of them.
OTHER: Final = "other"


def count_request(path: str, status: int) -> None:
    _counter(path, status).inc()


@cache
def _counter(path: str, status: int) -> Counter:
    """To look a series up takes longer than to count."""
    return HTTP_REQUESTS.labels(path, str(status))


class CountedRequests:
    """Counts what is answered on `paths` each by itself, and all else together."""

    def __init__(self, app: ASGIApp, paths: Collection[str]) -> None:
        self._app = app
        self._paths = frozenset(paths)
        for path in paths:
            HTTP_REQUESTS.labels(path, "200")  # exists before the first request

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"] if scope["path"] in self._paths else OTHER

        async def send_counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                count_request(path, message["status"])
            await send(message)

        await self._app(scope, receive, send_counted)
