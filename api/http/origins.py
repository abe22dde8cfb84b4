"""Whose pages may ask. Browsers say where a page comes from, and would let any of them ask anybody."""

import re
from collections.abc import Collection, Iterable
from functools import lru_cache
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from starlette.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from api.errors import refusal
from api.http.request_count import OTHER, count_request
from api.http.request_id import HEADER, identify
from domain.errors import ForbiddenError
from domain.settings import Settings

# Seconds that a browser need not ask again what it may send: the most that any keeps it.
_PREFLIGHT_SECONDS: Final = 7_200

# Beside those that every page may read.
_EXPOSED: Final = ("RateLimit", "RateLimit-Policy", "Retry-After", "WWW-Authenticate", "Content-Disposition", HEADER)

_REMEMBERED: Final = 256  # hosts, since to parse one takes longer than all else here

_HOST: Final = re.compile(r"(?:(?P<name>[\w.-]+)|\[(?P<address>[\w:.]+)\])(?::[0-9]*)?", re.ASCII)

_FOREIGN_PAGE: Final = "Pages of other origins may not ask here, unless ALLOWED_ORIGINS names theirs."
_FOREIGN_NAME: Final = (
    "No key is required here, so this server goes by its own names alone: ask for localhost, for 127.0.0.1 or for its "
    "HOST, or have ALLOWED_ORIGINS name where it is."
)


def guarded(app: ASGIApp, settings: Settings) -> ASGIApp:
    """The application, which answers those pages that it should, and tells browsers which of them may read that."""
    if settings.allowed_origins:
        # No credentials: a key is sent by the page itself, and there are no cookies.
        app = CORSMiddleware(
            app,
            allow_origins=settings.allowed_origins,
            allow_methods=("GET", "POST"),
            allow_headers=("*",),
            allow_private_network=True,
            expose_headers=_EXPOSED,
            max_age=_PREFLIGHT_SECONDS,
        )
    return KnownPages(app, settings.allowed_origins, None if settings.requires_key else settings.host)


class KnownPages:
    """Turns away pages that are neither ours nor of an allowed origin, over HTTP and WebSocket alike.

    With `only_host` also who asks for the server by a name that is not its own: a page may have its own name lead here,
    and is then taken for one of ours.
    """

    def __init__(self, app: ASGIApp, allowed: Collection[str], only_host: str | None) -> None:
        self._app = app
        self._allowed = frozenset(allowed)
        self._names = only_host and {only_host.lower(), "localhost", *(urlsplit(one).hostname for one in allowed)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        told = None if scope["type"] == "lifespan" else self._reason(scope["headers"])
        if told is None:
            await self._app(scope, receive, send)
            return
        request_id = identify(scope)
        if scope["type"] == "http":
            count_request(OTHER, 403)
        answer = JSONResponse(refusal(ForbiddenError.code, told, request_id), 403, {HEADER: request_id})
        await answer(scope, receive, send)

    def _reason(self, headers: Iterable[tuple[bytes, bytes]]) -> str | None:
        """Why not; None for who is welcome."""
        found = dict(headers)
        host, sent = found.get(b"host", b"").decode("latin-1"), found.get(b"origin")
        origin = None if sent is None else sent.decode("latin-1")
        if origin is not None and origin not in self._allowed and origin.lower() not in _own_origins(host):
            return _FOREIGN_PAGE
        # Without any name, no browser asks.
        is_foreign = self._names and host and not (_is_loopback(host) or _name(host) in self._names)
        return _FOREIGN_NAME if is_foreign else None


def _own_origins(host: str) -> tuple[str, str]:
    """Which of them it is, who ends TLS knows."""
    return f"http://{host}".lower(), f"https://{host}".lower()


@lru_cache(maxsize=_REMEMBERED)
def _is_loopback(host: str) -> bool:
    try:
        return ip_address(_name(host)).is_loopback
    except ValueError:
        return False


def _name(host: str) -> str:
    """Without the port."""
    found = _HOST.fullmatch(host)
    return (found["name"] or found["address"]).lower() if found else ""
