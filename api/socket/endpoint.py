"""Who may connect: GraphQL over WebSocket before its first message."""

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field

from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from api.context import Context
from api.errors import refusal
from api.execution.operations import Operations
from api.http.request_id import identify
from api.socket.connection import Connection
from api.socket.protocol import SUBPROTOCOL
from api.socket.visitor import Visitor
from api.state import address_of, new_context, request_id_of, state_of
from domain.access.caller import Caller
from domain.errors import RateLimitedError


@dataclass(frozen=True, slots=True)
class SocketEndpoint:
    """`hides_schema`: errors name nothing that the client has not named."""

    operations: Operations
    hides_schema: bool
    _connected: Counter[str] = field(default_factory=Counter)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        identify(scope)
        with suppress(WebSocketDisconnect):  # who has gone need not be told anything
            await self._admit(WebSocket(scope, receive, send))

    async def _admit(self, socket: WebSocket) -> None:
        address = address_of(socket)
        most = state_of(socket)["settings"].max_sockets
        if self._connected[address] >= most:
            told = f"There may be {most} connections from one address; close others first."
            answer = JSONResponse(refusal(RateLimitedError.code, told, request_id_of(socket)), 429)
            await socket.send_denial_response(answer)
            return
        self._connected[address] += 1
        try:
            await self._serve(socket)
        finally:
            self._connected[address] -= 1
            if not self._connected[address]:
                del self._connected[address]

    async def _serve(self, socket: WebSocket) -> None:
        if SUBPROTOCOL not in socket.scope["subprotocols"]:
            await socket.accept()
            await socket.close(4406, f"Subprotocol not acceptable; speak {SUBPROTOCOL}")
            return
        await socket.accept(SUBPROTOCOL)

        def context(request_id: str, caller: Caller) -> Context:
            return new_context(state_of(socket), request_id, caller)

        connection = Connection(
            socket,
            self.operations,
            context,
            Visitor(state_of(socket)["authenticator"], address_of(socket), socket.headers.get("authorization")),
            max_operations=state_of(socket)["settings"].max_socket_operations,
            hides_schema=self.hides_schema,
        )
        await connection.run()
