"""Uvicorn, so that clients do not notice when one process takes the place of another."""

import asyncio
import logging
import socket
from contextlib import suppress
from typing import Final, cast

import uvicorn
from typing_extensions import override

from api.http.listening import handing_over
from domain.settings import Settings

# Seconds that requests get to finish once the process is told to stop, and clients that keep their connection open to
# ask once more and hear that it closes. Whoever is silent for longer could as well have met the end of keep-alive.
_DRAIN_SECONDS: Final = 3.5
_POLL_SECONDS: Final = 0.02

_log: Final = logging.getLogger(__name__)


class Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, settings: Settings) -> None:
        super().__init__(config)
        self._settings = settings

    @override
    async def _serve(self, sockets: list[socket.socket] | None = None) -> None:
        async with handing_over(self._settings, sockets or []):
            await super()._serve(sockets)

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        _log.info("running on %s", ", ".join(map(_url, sockets or [])))

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Takes no new connections, and has those that are there closed by answers rather than between them.

        WebSockets are closed with 1012 at once: their clients come back, to whoever listens then.
        """
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            if isinstance(connection, cast("type", self.config.ws_protocol_class)):
                connection.shutdown()
        self.server_state.default_headers = [*self.server_state.default_headers, (b"connection", b"close")]
        with suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN_SECONDS):
                while self.server_state.connections:  # noqa: ASYNC110  # uvicorn sets no event
                    await asyncio.sleep(_POLL_SECONDS)
        await super().shutdown(sockets)


def _url(one: socket.socket) -> str:
    host, port = one.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
