"""Exchanges on the loopback address, in a thread of their own, that remember and misbehave as they are told."""

import asyncio
import socket
import struct
import threading
import time
from dataclasses import dataclass
from email.utils import format_datetime
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import parse_qsl

import uvicorn
from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ops.sandbox.series import MarketData
from tests.exchange.ban import REFUSALS, RateLimit
from tests.exchange.dialects.registry import DIALECTS
from tests.exchange.distortion import DistortableMarket
from tests.exchange.faults import FaultScript

_LONGEST_START: Final = 10  # seconds
_LONGEST_STOP: Final = 10  # seconds


@dataclass(frozen=True)
class SeenRequest:
    """`at` is in seconds of `time.monotonic`."""

    exchange: str
    path: str
    query: dict[str, str]
    at: float


@dataclass(frozen=True)
class Connection:
    """What ASGI has no word for."""

    transport: Any
    exchange: "LoopbackExchange"

    def break_off(self) -> None:
        """No linger makes the kernel send RST instead of FIN."""
        lingering = struct.pack("ii", 1, 0)
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, lingering)
        self.transport.abort()


class LoopbackExchange:
    """Every dialect at http://127.0.0.1:PORT/<ccxt id>, each over the market it was last told to serve."""

    def __init__(self, market: MarketData) -> None:
        self.requests: list[SeenRequest] = []
        self.faults = FaultScript()
        self._limits: dict[str, RateLimit] = {}
        self._markets: dict[str, MarketData] = {}
        self._apps: dict[str, ASGIApp] = {}
        self._place = _at_port(0)
        self._socket = _at_port(self._port)
        self._server = uvicorn.Server(_config(self._app))
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)
        self.serve(market)

    def __enter__(self) -> Self:
        self._thread.start()
        deadline = time.monotonic() + _LONGEST_START
        while not self._server.started:
            if time.monotonic() > deadline or not self._thread.is_alive():
                raise TimeoutError("The loopback exchange did not start.")
            time.sleep(0.01)
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self._server.should_exit = True
        self._thread.join(_LONGEST_STOP)
        self._socket.close()
        self._place.close()

    @property
    def _port(self) -> int:
        """Held by a socket that never listens, so that nobody else gets it while connections are refused."""
        port: int = self._place.getsockname()[1]
        return port

    def url(self, exchange: str) -> str:
        return f"http://127.0.0.1:{self._port}/{exchange}"

    def serve(self, market: MarketData, *exchanges: str) -> None:
        """From now on these exchanges, or all of them, are over that market."""
        for exchange in exchanges or DIALECTS:
            self._markets[exchange] = market
            self._apps[exchange] = DIALECTS[exchange](DistortableMarket(market))

    def mount(self, name: str, app: ASGIApp, market: MarketData) -> None:
        """Something else, reached and told to misbehave like an exchange; its clock is the market's."""
        self._markets[name] = market
        self._apps[name] = app

    def limit(self, exchange: str, *, per_second: int, status: int | None = None, retry_after: int = 1) -> RateLimit:
        """Refuses who asks more often, with the exchange's own words; the answer counts the refusals."""
        usual_status, body = REFUSALS[exchange]
        self._limits[exchange] = RateLimit(per_second, status or usual_status, body, retry_after)
        return self._limits[exchange]

    def reset(self) -> None:
        """Forgets requests, faults and limits; the markets stay."""
        self.requests.clear()
        self.faults.clear()
        self._limits.clear()

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange, path = scope["path"].removeprefix("/").split("/", 1)
        if exchange not in self._apps:
            await PlainTextResponse("No such exchange here.", 404)(scope, receive, send)
            return
        seen = SeenRequest(exchange, f"/{path}", dict(parse_qsl(scope["query_string"].decode())), time.monotonic())
        self.requests.append(seen)
        inner = {**scope, "path": seen.path, "connection": Connection(_transport(send), self)}
        await self._answering(seen, inner)(inner, receive, self._dated(exchange, send))

    async def go_away(self, seconds: float) -> None:
        """Breaks off every connection and refuses new ones for so long."""
        for listener in self._server.servers:
            listener.close()
        for connection in list(self._server.server_state.connections):
            Connection(connection.transport, self).break_off()
        await asyncio.sleep(seconds)
        self._socket = _at_port(self._port)
        self._server.servers = [await asyncio.get_running_loop().create_server(self._protocol, sock=self._socket)]

    def _protocol(self) -> Any:
        return HttpToolsProtocol(self._server.config, self._server.server_state, {})

    def _answering(self, seen: SeenRequest, scope: Scope) -> ASGIApp:
        limit = self._limits.get(seen.exchange)
        refusal = limit.refusal(seen.at) if limit else None
        if refusal:
            return refusal
        app = self._apps[seen.exchange]
        fault = self.faults.take(f"/{seen.exchange}{seen.path}?{scope['query_string'].decode()}")
        return fault(app) if fault else app

    def _dated(self, exchange: str, send: Send) -> Send:
        """Answers carry the time of the exchange's own clock."""

        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                now = self._markets[exchange].now()
                MutableHeaders(scope=message).setdefault("Date", format_datetime(now, usegmt=True))
            await send(message)

        return dated


def _at_port(port: int) -> socket.socket:
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    bound.bind(("127.0.0.1", port))
    return bound


def _transport(send: Any) -> Any:
    return send.__self__.transport


def _config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        interface="asgi3",
        http="httptools",  # whose `send` knows its connection
        proxy_headers=False,
        ws="none",
        lifespan="off",
        access_log=False,
        log_level="error",
        date_header=False,
        server_header=False,
        timeout_graceful_shutdown=1,  # seconds; hanging answers are dropped
    )
