"""API and workers replaced one by one under load: nobody notices."""

import asyncio
import random
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Final

import httpx

from ops.local.logs import new_log
from tests.chaos.collection import SYMBOLS, Backfills
from tests.chaos.nursery import ENDED
from tests.chaos.parts import Process, going_on, until
from tests.chaos.report import Report
from tests.chaos.stage import Stage, staged

# Clients that keep their connection open, of which the slow ones think in between, and such that open one a request.
_KEEPING: Final = 6
_SLOW: Final = 4
_OPENING: Final = 4
_THOUGHT_SECONDS: Final = 0.4

# Seconds that a client waits: none of its requests is to fail because of a busy machine.
_PATIENCE: Final = 20.0

_STOP_SECONDS: Final = 5.0
_LONGEST_PAUSE: Final = 1.0
_FEWEST_ROUNDS: Final = 5
_A_MINUTE: Final = 2
_PAGES_A_ROUND: Final = 16

_READ: Final = """
query($symbol: String!) {
  candles(exchange: "binance", symbol: $symbol, interval: "15m", last: 50) { nodes { timestamp close } }
  pairs(first: 20) { nodes { symbol coverage { candleCount } latestCandle { close } } }
}
"""
_WRITE: Final = 'mutation { fetchRecentCandles(input: {interval: "15m"}) { processed jobs { id } } }'


async def run(seed: int, minutes: float) -> Report:
    report = Report("API and workers replaced under load", seed)
    async with staged(workers=2) as stage:
        await replace_all(stage, report, random.Random(seed), rounds=max(_FEWEST_ROUNDS, round(minutes * _A_MINUTE)))
    return report


@dataclass
class Load:
    """Requests of all clients, with `rest` seconds between those of one; a failure is whatever is not the answer."""

    url: str
    rest: float
    answers: int = 0
    connections_closed: int = 0
    failures: Counter[str] = field(default_factory=Counter)

    async def ask(self, http: httpx.AsyncClient, number: int) -> None:
        before = time.monotonic()
        query = _READ if number % 5 else _WRITE
        variables = {"symbol": SYMBOLS[number % len(SYMBOLS)]} if number % 5 else {}
        try:
            response = await http.post("/graphql", json={"query": query, "variables": variables})
        except httpx.HTTPError as error:
            self.failures[f"{type(error).__name__} {error} after {time.monotonic() - before:.1f} s"] += 1
            return
        body = response.json()
        if response.status_code != httpx.codes.OK or "errors" in body:
            self.failures[response.text[:200]] += 1
        self.answers += 1
        self.connections_closed += response.headers.get("connection") == "close"

    async def keep(self, number: int, thought: float) -> None:
        async with httpx.AsyncClient(base_url=self.url, timeout=_PATIENCE) as http:
            while True:
                await self.ask(http, number)
                await asyncio.sleep(thought)
                number += 1

    async def open(self, number: int) -> None:
        limits = httpx.Limits(max_keepalive_connections=0)
        async with httpx.AsyncClient(base_url=self.url, timeout=_PATIENCE, limits=limits) as http:
            while True:
                await self.ask(http, number)
                await asyncio.sleep(self.rest)
                number += 1

    @asynccontextmanager
    async def going_on(self) -> AsyncIterator[None]:
        clients = [self.keep(number, self.rest) for number in range(_KEEPING)]
        clients += [self.keep(number, _THOUGHT_SECONDS) for number in range(_SLOW)]
        clients += [self.open(number) for number in range(_OPENING)]
        async with AsyncExitStack() as stack:
            for client in clients:
                await stack.enter_async_context(going_on(client))
            yield


async def replace_all(stage: Stage, report: Report, lot: random.Random, *, rounds: int, rest: float = 0.0) -> None:
    """Each process in turn, while clients ask and backfills run."""
    load = Load(stage.api.url, rest)
    slowest = 0.0
    backfills = await Backfills.begun(stage, pages=_PAGES_A_ROUND * rounds, step="15m")
    async with going_on(backfills.watch()):
        await until(backfills.have_begun, "the backfills to begin")
        async with load.going_on():
            for number in range(rounds):
                await asyncio.sleep(lot.uniform(0, _LONGEST_PAUSE))
                slowest = max(slowest, await _replace_api(stage, report, number))
                for worker in stage.workers:
                    slowest = max(slowest, await _replace_worker(stage, report, backfills, worker))
            await asyncio.sleep(_LONGEST_PAUSE)
    await backfills.end()
    report.counts["requests answered"] += load.answers
    report.counts["connections that an answer closed"] += load.connections_closed
    report.at_least("requests that met a restart", load.connections_closed, 1)
    report.at_most(f"requests that failed {load.failures.most_common(2)}", load.failures.total(), 0)
    report.at_most("slowest stop", slowest, _STOP_SECONDS, "s")
    await backfills.judge(report, kills=report.faults["worker replaced"])


async def _replace_api(stage: Stage, report: Report, number: int) -> float:
    """By one that begins beside it on the same address; the seconds that the old one took to end."""
    old, log = stage.api, new_log(stage.settings.data_dir / f"api {time.monotonic_ns()}.log")
    new = replace(old, name=f"api {number}", log=log)
    new.start()

    async def listens() -> bool:
        return "running on" in log.read_text()

    await until(listens, "the new API to listen")
    took = await old.end(signal.SIGTERM)
    report.faults["API replaced"] += 1
    report.at_least("clean ends of the API", old.log.read_text().count(f"{ENDED} 0"), 1)
    stage.api = new
    return took


async def _replace_worker(stage: Stage, report: Report, backfills: Backfills, worker: Process) -> float:
    """By one that begins when it has ended: meanwhile the other goes on."""
    took = await worker.end(signal.SIGTERM)
    report.faults["worker replaced"] += 1
    before = backfills.pages

    async def has_gone_on() -> bool:
        return backfills.pages > before or not backfills.pages_left

    took_on = await until(has_gone_on, "pages stored by the other worker")
    report.at_most("until the other worker stored pages", took_on, _STOP_SECONDS, "s")
    await worker.up()
    await until(stage.has_all_workers, "the workers to start")
    backfills.up_since = time.monotonic()
    return took
