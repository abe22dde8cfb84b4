"""Mixed load for long: nothing grows, and nobody is told what is strange."""

import asyncio
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Self

import psutil

from domain.interval import interval
from domain.queue import redis
from tests.chaos.collection import SYMBOLS, add
from tests.chaos.mixed_load import MixedLoad
from tests.chaos.parts import until
from tests.chaos.report import Report
from tests.chaos.stage import Stage, staged

_STEP: Final = interval("1m")
# Pages of each pair's history, in a short run and in a long one.
_FEW_PAGES: Final = 4
_PAGES: Final = 100
_PAGE: Final = 1_000
_PAIRS: Final = 4

# Clients at a time, and connections to PostgreSQL: enough that none of them has to be refused.
_CLIENTS: Final = 8
_POOL_SIZE: Final = 24

# The share of the time in which caches and pools fill, before anything counts as growth.
_WARMING_UP: Final = 0.25

# Least time in which memory can be told to grow or not.
_LONG_MINUTES: Final = 5.0

# Seconds in which everything that was begun comes to its end, in a long run also the memory it took is given back, and
# between looks meanwhile.
_CALM_SECONDS: Final = 2.0
_LONG_CALM_SECONDS: Final = 35.0
_LOOK_SECONDS: Final = 0.2

_GROWTH: Final = 1.05

# What pools may still have to open: hundreds of requests that left something each would leave more.
_NOT_YET_OPENED: Final = 8

_CONNECTIONS: Final = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
_NO_JOB_IS_OPEN: Final = "SELECT count(*) = 0 FROM sync_jobs WHERE status IN (0, 1)"
_PAIR_IDS: Final = "SELECT id FROM coin_exchanges WHERE symbol = ANY($1::text[])"


async def run(seed: int, minutes: float) -> Report:
    report = Report("Mixed load", seed)
    async with staged(workers=2, pool_size=_POOL_SIZE) as stage:
        await endure(stage, report, random.Random(seed), minutes, clients=_CLIENTS)
    return report


async def endure(stage: Stage, report: Report, lot: random.Random, minutes: float, clients: int) -> None:
    """Compares what is held when everything has warmed up with what is held at the end, both without load."""
    processes = (stage.api, *stage.workers)
    earlier = {process.name: len(process.traces()) for process in processes}
    is_long = minutes >= _LONG_MINUTES
    calm = _LONG_CALM_SECONDS if is_long else _CALM_SECONDS
    load = await _load(stage, lot, pages=_PAGES if is_long else _FEW_PAGES)
    async with load.going_on(clients):
        await asyncio.sleep(60 * minutes * _WARMING_UP)
    before = await _calm(stage, calm)
    async with load.going_on(clients):
        await asyncio.sleep(60 * minutes * (1 - _WARMING_UP))
    after = await _calm(stage, calm)
    report.counts.update(load.done)
    report.at_most(f"strange answers {load.strange.most_common(2)}", load.strange.total(), 0)
    for process in processes:
        traces = process.traces()[earlier[process.name] :]
        report.at_most(f"traces in the log {traces[:2]}", len(traces), 0)
    for name, held in after.items.items():
        report.at_most(f"{name} more than before", held - before.items[name], _NOT_YET_OPENED)
    if is_long:
        for name, held in after.memory.items():
            report.at_most(f"memory of {name}, of what it was", held / before.memory[name], _GROWTH, "x")


async def _load(stage: Stage, lot: random.Random, pages: int) -> MixedLoad:
    """Over pairs whose history is stored."""
    end = _STEP.floor(datetime.now(UTC))
    start = _STEP.shift(end, -_PAGE * pages)
    symbols = SYMBOLS[:_PAIRS]
    await add(stage, symbols, [_STEP.text], start)
    await until(lambda: _is_idle(stage), "the history to be stored")
    async with stage.sql() as db:
        pairs = [str(row[0]) for row in await db.fetch(_PAIR_IDS, list(symbols))]
    return MixedLoad(stage.api.url, lot, pairs, symbols, start, end)


async def _is_idle(stage: Stage) -> bool:
    async with stage.sql() as db:
        return bool(await db.fetchval(_NO_JOB_IS_OPEN))


@dataclass(frozen=True)
class Held:
    """What the installation holds: bytes of each process, and so many of each thing."""

    memory: Mapping[str, int]
    items: Mapping[str, int]

    @classmethod
    async def now(cls, stage: Stage) -> Self:
        processes = {part.name: psutil.Process(part.pid) for part in (stage.api, *stage.workers)}
        items = {f"open files of {name}": process.num_fds() for name, process in processes.items()}
        items |= {f"threads of {name}": process.num_threads() for name, process in processes.items()}
        async with stage.sql() as db, redis(stage.settings.redis_url) as client:
            items["connections to PostgreSQL"] = await db.fetchval(_CONNECTIONS)
            items["connections to Valkey"] = (await client.info("clients"))["connected_clients"]
        return cls({name: process.memory_info().rss for name, process in processes.items()}, items)

    def least(self, other: Self) -> Self:
        memory = {name: min(held, other.memory[name]) for name, held in self.memory.items()}
        return type(self)(memory, {name: min(held, other.items[name]) for name, held in self.items.items()})


async def _calm(stage: Stage, seconds: float) -> Held:
    """The least of each, since the schedule goes on."""
    await until(lambda: _is_idle(stage), "the jobs to end")
    deadline = time.monotonic() + seconds
    held = await Held.now(stage)
    while time.monotonic() < deadline:
        await asyncio.sleep(_LOOK_SECONDS)
        held = held.least(await Held.now(stage))
    return held
