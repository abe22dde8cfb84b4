"""One WebSocket: its state, and the operations that it runs."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from starlette.websockets import WebSocket, WebSocketDisconnect

from api.context import Context
from api.errors import refusal
from api.execution.answer import encode
from api.execution.operations import Operations
from api.http.request_id import identified
from api.socket.operation import SocketOperation
from api.socket.outbox import Outbox
from api.socket.protocol import ClosingError, Kind, Message, parse
from api.socket.visitor import Visitor
from domain.access.caller import Caller
from domain.errors import RateLimitedError
from domain.telemetry.logs import is_about

# Seconds in which a client has to say connection_init.
_INIT_SECONDS: Final = 3.0

# Seconds in which a client has to take the reason why it is dropped.
_CLOSE_SECONDS: Final = 5.0

_log: Final = logging.getLogger(__name__)


class Connection:
    """`new_context` makes one for each operation and each event, which have the id of a request of their own."""

    def __init__(
        self,
        socket: WebSocket,
        operations: Operations,
        new_context: Callable[[str, Caller], Context],
        visitor: Visitor,
        *,
        max_operations: int,
        hides_schema: bool,
    ) -> None:
        self._socket = socket
        self._operations = operations
        self._new_context = new_context
        self._visitor = visitor
        self._max_operations = max_operations
        self._hides_schema = hides_schema
        self._outbox = Outbox(socket)
        self._is_acknowledged = False
        self._staying: list[asyncio.Task[None]] = []
        self._running: dict[str, asyncio.Task[None]] = {}
        self._ending: asyncio.Future[ClosingError | None] = asyncio.get_running_loop().create_future()

    async def run(self) -> None:
        """Until one side ends it; nothing of it is left running then."""
        reading = asyncio.create_task(self._read())
        try:
            closing = await self._ending
        finally:
            tasks = [reading, *self._staying, *self._running.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if closing:
            await self._close(closing)

    async def _read(self) -> None:
        try:
            async with asyncio.timeout(_INIT_SECONDS):
                while not self._is_acknowledged:
                    await self._receive()
            while True:
                await self._receive()
                await asyncio.sleep(0)  # what has arrived already is received at once, and others wait, too
        except TimeoutError:
            self._end_with(ClosingError(4408, "Connection initialisation timeout"))
        except ClosingError as error:
            self._end_with(error)
        except WebSocketDisconnect:
            pass
        finally:
            self._end_with(None)

    async def _receive(self) -> None:
        event = await self._socket.receive()
        if event["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(event["code"])
        await self._handle(parse(event.get("text")))

    async def _handle(self, message: Message) -> None:
        if message.kind is Kind.CONNECTION_INIT:
            await self._acknowledge(message.authorization)
        elif message.kind is Kind.PING:
            await self._outbox.send("pong")
        elif message.kind is Kind.SUBSCRIBE:
            await self._begin(message)
        elif message.kind is Kind.COMPLETE and (task := self._running.pop(message.id, None)):
            task.cancel()

    async def _acknowledge(self, authorization: str | None) -> None:
        if self._is_acknowledged:
            raise ClosingError(4429, "Too many initialisation requests")
        await self._visitor.enter(authorization)
        is_about(caller=self._visitor.caller.name)
        self._staying.append(asyncio.create_task(self._guard(self._visitor.stay())))
        self._is_acknowledged = True
        await self._outbox.send("connection_ack")

    async def _begin(self, message: Message) -> None:
        if not self._is_acknowledged:
            raise ClosingError(4401, "Unauthorized")
        if message.id in self._running:
            raise ClosingError(4409, f"Subscriber for {_shown(message.id)} already exists")
        if len(self._running) >= self._max_operations:
            told = f"A connection may run {self._max_operations} operations at a time; complete others first."
            refused = refusal(RateLimitedError.code, told, "")
            await self._outbox.send("error", message.id, encode(refused["errors"]))
            return
        self._running[message.id] = task = asyncio.create_task(self._run(message))
        task.add_done_callback(lambda done: self._forget(message.id, done))

    async def _run(self, message: Message) -> None:
        assert message.request  # noqa: S101  # subscribe has one
        context = partial(self._new_context, identified(), self._visitor.caller)
        operation = SocketOperation(
            message.id, message.request, self._operations, context, self._outbox, self._hides_schema
        )
        await self._guard(operation.run())

    async def _guard(self, running: Awaitable[None]) -> None:
        """Ends the connection where that is what comes of it."""
        try:
            await running
        except ClosingError as error:
            self._end_with(error)
        except WebSocketDisconnect:
            pass  # the reader meets it, too
        except Exception:  # noqa: BLE001  # a mistake of ours, and the client waits
            _log.exception("an operation over WebSocket failed")
            self._end_with(ClosingError(1011, "Something went wrong on our side."))

    def _end_with(self, error: ClosingError | None) -> None:
        """None where the client has gone."""
        if not self._ending.done():
            self._ending.set_result(error)

    def _forget(self, name: str, done: "asyncio.Task[None]") -> None:
        if self._running.get(name) is done:
            del self._running[name]

    async def _close(self, error: ClosingError) -> None:
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self._socket.close(error.code, error.reason)
        except (TimeoutError, WebSocketDisconnect, RuntimeError):
            pass  # it has gone, or it never reads


def _shown(name: str) -> str:
    return name[:40].encode("ascii", "replace").decode()
