"""Clients that do everything that clients do, for as long as they are let."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import httpx

from tests.chaos.followers import subscribed
from tests.chaos.parts import going_on

# Seconds that a client waits between two requests, and for an answer.
_LONGEST_THOUGHT: Final = 0.05
_PATIENCE: Final = 20.0

# Slots of the longest range that is asked for.
_LONGEST_RANGE: Final = 2_000

_CANDLES: Final = """
query($symbol: String!, $interval: Interval!, $from: DateTime!, $to: DateTime!, $fill: Fill!) {
  candles(exchange: "binance", symbol: $symbol, interval: $interval, from: $from, to: $to, fill: $fill) {
    nodes { timestamp open high low close volume } pageInfo { endCursor hasNextPage } totalCount
  }
  series(exchange: "binance", symbol: $symbol, interval: $interval, from: $from, to: $to) { count time close volume }
}
"""
_OVERVIEW: Final = """
{ pairs(first: 50) { nodes {
    id symbol interval status coin { symbol name } exchange { name }
    coverage { percent ranges { from to } gaps { from to } } latestCandle { timestamp close }
    jobs: syncJobs(first: 5) { nodes { id status progress { percent } } }
} } }
"""
_SYNC: Final = """
mutation($pair: ID!, $from: DateTime!, $to: DateTime!) {
  syncPair(input: {pairId: $pair, kind: RANGE, from: $from, to: $to, force: true}) { job { id } }
}
"""
_CANCEL: Final = "mutation($id: ID!) { cancelSyncJob(input: {id: $id}) { job { status } } }"
_FOLLOW: Final = """subscription($symbol: String!, $since: DateTime!) {
  candles(exchange: "binance", symbol: $symbol, interval: "1m", since: $since) { kind candles { timestamp close } }
}"""

# Queries that are wrong, and the codes of what they are told.
_MISTAKES: Final = {
    "{ nonsense }": "BAD_USER_INPUT",
    "{ coins {": "BAD_USER_INPUT",
    '{ pair(exchange: "nowhere", symbol: "BTC/USDT", interval: "1m") { id } candles(exchange: "nowhere", '
    'symbol: "BTC/USDT", interval: "1m") { nodes { close } } }': "NOT_FOUND",
    '{ candles(exchange: "binance", symbol: "BTC/USDT", interval: "1m", first: 2147483647) { nodes { close } } }': (
        "BAD_USER_INPUT"
    ),
}


@dataclass
class MixedLoad:
    """`strange` is whatever came back that was not the answer, `done` how often each thing was done."""

    url: str
    lot: random.Random
    pairs: Sequence[str]
    symbols: Sequence[str]
    start: datetime
    end: datetime
    done: Counter[str] = field(default_factory=Counter)
    strange: Counter[str] = field(default_factory=Counter)

    @asynccontextmanager
    async def going_on(self, clients: int) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for _ in range(clients):
                await stack.enter_async_context(going_on(self._client()))
            yield

    async def _client(self) -> None:
        deeds: list[Callable[[httpx.AsyncClient], Awaitable[str]]]
        deeds = [self._look, self._look, self._browse, self._err, self._download, self._leave, self._follow, self._sync]
        async with httpx.AsyncClient(base_url=self.url, timeout=_PATIENCE) as http:
            while True:
                try:
                    self.done[await self.lot.choice(deeds)(http)] += 1
                except (httpx.HTTPError, OSError) as error:
                    self.strange[repr(error)] += 1
                await asyncio.sleep(self.lot.uniform(0, _LONGEST_THOUGHT))

    async def _ask(self, http: httpx.AsyncClient, query: str, *, code: str | None = None, **variables: Any) -> Any:
        """The data, where the first error's code is the one expected."""
        body = (await http.post("/graphql", json={"query": query, "variables": variables})).json()
        found = body["errors"][0]["extensions"]["code"] if "errors" in body else None
        if found != code:
            self.strange[str(body)[:200]] += 1
        return body.get("data")

    def _range(self, slot: timedelta) -> dict[str, str]:
        """A stretch of the history, drawn by lot."""
        length = slot * self.lot.randint(1, _LONGEST_RANGE)
        start = self.start + (self.end - self.start - length) * self.lot.random()
        return {"from": start.isoformat(), "to": (start + length).isoformat()}

    async def _look(self, http: httpx.AsyncClient) -> str:
        asked = {"symbol": self.lot.choice(self.symbols), "interval": self.lot.choice(["1m", "5m", "1h"])}
        fill = self.lot.choice(["NONE", "PREVIOUS_CLOSE"])
        await self._ask(http, _CANDLES, fill=fill, **asked, **self._range(timedelta(minutes=1)))
        return "candles read"

    async def _browse(self, http: httpx.AsyncClient) -> str:
        await self._ask(http, _OVERVIEW)
        return "pairs listed"

    async def _err(self, http: httpx.AsyncClient) -> str:
        query, code = self.lot.choice(list(_MISTAKES.items()))
        await self._ask(http, query, code=code)
        return "mistakes made"

    async def _download(self, http: httpx.AsyncClient) -> str:
        kind = self.lot.choice(["csv", "ndjson", "arrow", "parquet"])
        asked = {"exchange": "binance", "symbol": self.lot.choice(self.symbols), "interval": "1m"}
        async with http.stream("GET", f"/api/v1/candles.{kind}", params=asked) as response:
            if not response.is_success:
                self.strange[f"{response.status_code} of an export"] += 1
            async for _ in response.aiter_bytes():
                if self.lot.random() < 1 / 4:
                    return "downloads broken off"
        return "downloads"

    async def _leave(self, http: httpx.AsyncClient) -> str:
        """In the middle of an answer."""
        try:
            async with asyncio.timeout(self.lot.uniform(0, 0.02)):
                await self._look(http)
        except TimeoutError:
            pass
        return "requests that were or were not waited for"

    async def _follow(self, _: httpx.AsyncClient) -> str:
        """Some messages, then gone without a word."""
        since = (self.end - timedelta(minutes=self.lot.randint(0, _LONGEST_RANGE))).isoformat()
        async with subscribed(self.url, _FOLLOW, symbol=self.lot.choice(self.symbols), since=since) as wire:
            if '"error"' in str(await wire.recv()):
                self.strange["error of a subscription"] += 1
            wire.transport.abort()
        return "subscriptions"

    async def _sync(self, http: httpx.AsyncClient) -> str:
        data = await self._ask(http, _SYNC, pair=self.lot.choice(self.pairs), **self._range(timedelta(minutes=1)))
        if data and self.lot.random() < 1 / 2:
            await self._ask(http, _CANCEL, id=data["syncPair"]["job"]["id"])
        return "jobs asked for"
