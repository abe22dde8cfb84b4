"""An id for each request and each operation of a WebSocket, told to the client and on what is logged about it."""

from secrets import token_hex
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.telemetry.logs import is_about

HEADER: Final = "X-Request-Id"


def identify(scope: Scope) -> str:
    """A new id, which is then in the request's state and on what its task logs."""
    request_id = identified()
    scope.setdefault("state", {})["request_id"] = request_id
    return request_id


def identified() -> str:
    """A new id, which is then on what the task logs."""
    request_id = token_hex(16)
    is_about(request_id=request_id)
    return request_id


class RequestIds:
    """Puts the id into the request's state and on its answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        request_id = identify(scope)

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        await self._app(scope, receive, send_with_id)
