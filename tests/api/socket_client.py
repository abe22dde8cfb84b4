"""Asking the API over WebSocket, as any client of graphql-transport-ws does."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin, Subprotocol

from tests.patience import PATIENCE

SUBPROTOCOL = "graphql-transport-ws"


@dataclass
class Socket:
    """A connection, acknowledged or not."""

    wire: ClientConnection
    _names: int = field(default=0)

    async def send(self, **message: Any) -> None:
        await self.wire.send(json.dumps(message))

    async def receive(self) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE):
            found: dict[str, Any] = json.loads(await self.wire.recv())
            return found

    async def begin(self, key: str | None = None) -> None:
        await self.send(type="connection_init", **({"payload": {"authorization": f"Bearer {key}"}} if key else {}))
        assert await self.receive() == {"type": "connection_ack"}

    async def subscribe(self, query: str, name: str = "", **variables: Any) -> str:
        """The id under which the answers come."""
        self._names += 1
        name = name or str(self._names)
        await self.send(type="subscribe", id=name, payload={"query": query, "variables": variables})
        return name

    async def next(self) -> dict[str, Any]:
        """The data of the next message, which has to be an answer without errors."""
        message = await self.receive()
        assert message["type"] == "next", message
        assert "errors" not in message["payload"], message
        data: dict[str, Any] = message["payload"]["data"]
        return data

    async def error(self) -> dict[str, Any]:
        """The only error of the next message, with its code beside its message."""
        message = await self.receive()
        assert message["type"] == "error", message
        [error] = message["payload"]
        return {**error, "code": error["extensions"]["code"]}

    async def closing(self) -> tuple[int, str]:
        """Code and reason, whatever comes before."""
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    await self.wire.recv()
        except ConnectionClosed:
            return self.wire.close_code or 0, self.wire.close_reason or ""


@asynccontextmanager
async def wired(address: str, *, protocol: str = SUBPROTOCOL, origin: str | None = None) -> AsyncIterator[Socket]:
    """A connection on which nothing has been said."""
    url = address.replace("http", "ws", 1) + "/graphql"
    subprotocols = [Subprotocol(protocol)] if protocol else None
    own = Origin(origin) if origin else None
    async with connect(url, subprotocols=subprotocols, origin=own, max_size=None, proxy=None) as wire:
        yield Socket(wire)


@asynccontextmanager
async def socket(address: str, key: str | None = None) -> AsyncIterator[Socket]:
    """A connection that is acknowledged."""
    async with wired(address) as found:
        await found.begin(key)
        yield found
