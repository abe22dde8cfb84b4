"""An exchange as a process of its own."""

from typing import Final

import uvicorn
from starlette.types import ASGIApp

# Seconds that requests under way get on SIGTERM.
_FAREWELL_SECONDS: Final = 2


def serve(exchange: ASGIApp, port: int) -> None:
    """On that TCP port of the loopback address until SIGTERM or SIGINT, in silence."""
    uvicorn.run(
        exchange,
        host="127.0.0.1",
        port=port,
        lifespan="off",
        ws="none",
        access_log=False,
        log_level="error",
        timeout_graceful_shutdown=_FAREWELL_SECONDS,
    )
