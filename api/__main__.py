"""`python -m api`: serves until it is told to stop."""

import asyncio
import gc
import os
import resource
import signal
import socket
import sys
from typing import Final, cast

from starlette.types import ASGIApp

from api.app import check, create_app
from api.execution.limits import MAX_BODY_BYTES
from api.http.listening import open_sockets
from api.http.patience import Config, PatientHttp, PatientSocket
from api.http.server import Server
from domain.clock import system_clock
from domain.instrumentation import instrumented
from domain.settings import Settings, SettingsError
from domain.startup import retry_until_reachable

# Seconds that requests still get to finish when connections have had their time; the rest are told UNAVAILABLE.
_GRACE_SECONDS: Final = 0.5

# Objects made before the collector looks for cycles: few requests leave any behind.
_GC_THRESHOLD: Final = 50_000

# Open files beside those of clients: connections to PostgreSQL and Redis, logs, what is being sent.
_OTHER_FILES: Final = 1_000

# Where Arrow has its memory from. It asks when it is loaded; its own pool keeps what it once had.
_ARROW_MEMORY: Final = ("ARROW_DEFAULT_MEMORY_POOL", "system")

# Seconds between pings of a WebSocket, and that its client may take to answer one.
_PING_SECONDS: Final = 15.0


def main() -> int:
    os.environ.setdefault(*_ARROW_MEMORY)
    try:
        settings = Settings.load()
        with instrumented("api", settings):
            # Here, too, as uvicorn would tell a refusal to start as a stack trace.
            asyncio.run(retry_until_reachable(lambda: check(settings)))
            return _serve(settings, open_sockets(settings))
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1


def _serve(settings: Settings, sockets: list[socket.socket]) -> int:
    """The exit status once the server has been told to stop."""
    config = server_config(create_app(settings, system_clock), settings)
    server = Server(config, settings)
    _make_room_for(config.limit_concurrency or 0)
    gc.freeze()  # what has been loaded stays; looking through it again and again would hold up requests
    gc.set_threshold(_GC_THRESHOLD)
    # Uvicorn sends itself the signals again that it has obeyed; with this it ends with status 0 instead of by them.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, server.handle_exit)
    server.run(sockets)
    return 0 if server.started else 1


def _make_room_for(connections: int) -> None:
    """Each is an open file, of which many systems allow a program 1,024 until it asks for more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))


def server_config(app: ASGIApp, settings: Settings) -> Config:
    return Config(
        app,
        max_from_one=settings.max_connections,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http=PatientHttp,
        ws=PatientSocket,
        ws_max_size=MAX_BODY_BYTES,
        ws_per_message_deflate=False,  # it would keep some 100 kB for each connection
        ws_ping_interval=_PING_SECONDS,
        ws_ping_timeout=_PING_SECONDS,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=cast("int", _GRACE_SECONDS),  # a fraction will do
    )


if __name__ == "__main__":
    sys.exit(main())
