"""Clients that follow a job and its candles whatever happens, and come back whenever they are cut off."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from domain.clock import EPOCH

# Seconds before a client that was cut off comes back, and that it waits for a connection.
_PAUSE: Final = 0.2
_CONNECT_SECONDS: Final = 10.0

# One event of so many after which a client leaves without a word.
_LEAVES_AFTER: Final = 12

_JOB: Final = """subscription($id: ID!) { syncJob(id: $id) {
    status finishedAt progress { percent candlesWritten pagesFetched }
} }"""
_CANDLES: Final = """subscription($symbol: String!, $interval: Interval!, $since: DateTime!) {
    candles(exchange: "binance", symbol: $symbol, interval: $interval, since: $since) {
        kind candles { timestamp close volume }
    }
}"""


@asynccontextmanager
async def subscribed(url: str, query: str, **variables: Any) -> AsyncIterator[ClientConnection]:
    """A connection with one operation."""
    address = url.replace("http", "ws", 1) + "/graphql"
    protocols = [Subprotocol("graphql-transport-ws")]
    async with connect(
        address, subprotocols=protocols, max_size=None, open_timeout=_CONNECT_SECONDS, proxy=None, compression=None
    ) as wire:
        await wire.send('{"type":"connection_init"}')
        await wire.recv()
        payload = {"query": query, "variables": variables}
        await wire.send(json.dumps({"type": "subscribe", "id": "1", "payload": payload}))
        yield wire


Read = Callable[[dict[str, Any]], None]


@dataclass
class Follower:
    """`leaves` counts how often it went by itself, as long as it is `restless`, `losses` how often it was cut off."""

    url: str
    lot: random.Random
    restless: bool = True
    leaves: int = 0
    losses: int = 0
    errors: list[str] = field(default_factory=list)

    async def _follow(self, query: str, read: Read, variables: dict[str, Any], is_done: Callable[[], bool]) -> None:
        while not is_done():
            with suppress(OSError, WebSocketException, TimeoutError):
                async with subscribed(self.url, query, **variables) as wire:
                    await self._until_cut_off(wire, read)
            await asyncio.sleep(_PAUSE)

    async def _until_cut_off(self, wire: ClientConnection, read: Read) -> None:
        try:
            while (message := json.loads(await wire.recv()))["type"] == "next":
                read(message["payload"]["data"])
                if self.restless and not self.lot.randrange(_LEAVES_AFTER):
                    self.leaves += 1
                    wire.transport.abort()
                    return
        except WebSocketException:
            self.losses += 1
            raise
        if message["type"] == "error":
            self.errors.append(message["payload"][0]["extensions"]["code"])


@dataclass
class JobFollower(Follower):
    """What one client was told of a job."""

    job_id: str = ""
    last: dict[str, Any] = field(default_factory=dict)
    steps_back: int = 0
    ends: int = 0

    async def follow(self) -> None:
        """Until it was told the end."""
        await self._follow(_JOB, self._read, {"id": self.job_id}, lambda: bool(self.ends))

    def _read(self, data: dict[str, Any]) -> None:
        job = data["syncJob"]
        before, now = self.last.get("progress", job["progress"]), job["progress"]
        self.steps_back += any(now[name] < before[name] for name in now)
        self.last = job
        self.ends += job["finishedAt"] is not None


@dataclass
class CandleFollower(Follower):
    """What one client knows of a pair's candles."""

    symbol: str = ""
    interval: str = ""
    since: datetime = EPOCH
    known: dict[str, tuple[str, str]] = field(default_factory=dict)

    async def follow(self) -> None:
        """Until cancelled."""
        variables = {"symbol": self.symbol, "interval": self.interval, "since": self.since.isoformat()}
        await self._follow(_CANDLES, self._read, variables, lambda: False)

    def _read(self, data: dict[str, Any]) -> None:
        for candle in data["candles"]["candles"]:
            self.known[candle["timestamp"]] = candle["close"], candle["volume"]
