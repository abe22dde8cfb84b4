"""Subscriptions while everything breaks, and for very many at once."""

import asyncio
import math
import random
import signal
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import psutil
from websockets.asyncio.client import ClientConnection

from api.types.scalars import format_instant
from domain.interval import interval
from domain.live.channels import job_channel
from domain.queue import redis
from tests.chaos.collection import SYMBOLS, add
from tests.chaos.followers import CandleFollower, Follower, JobFollower, subscribed
from tests.chaos.parts import going_on, until
from tests.chaos.report import Report
from tests.chaos.stage import RECOVERY_SECONDS, Stage, staged

_STEP: Final = interval("3m")
_PAGE: Final = 1_000

# Subscribers of one process, and what they may take.
SUBSCRIBERS: Final = 500
_MEGABYTES: Final = 300.0
_FAN_OUT_SECONDS: Final = 0.5

# Seconds between events that are fanned out.
_EVENT_SECONDS: Final = 0.25

_PAUSE: Final = 1.5
_PATIENCE: Final = 120.0

_ADD_IDLE: Final = """
mutation { addPairs(input: {exchange: "binance", symbols: ["ETH/BTC"], intervals: ["3d"]}) { pairs { id } } }
"""
_IDLE_JOB: Final = """
INSERT INTO sync_jobs (pair_id, kind, status, run_after, leased_until)
VALUES ($1, 4, 1, now() + interval '1 hour', now() + interval '1 hour') RETURNING id
"""
_MOVE: Final = "UPDATE sync_jobs SET pages_fetched = $2 WHERE id = $1"
_END: Final = "UPDATE sync_jobs SET status = 4, finished_at = now() WHERE id = $1"
_FOLLOW: Final = "subscription($id: ID!) { syncJob(id: $id) { status progress { pagesFetched percent } } }"
_PAGES: Final = '"pagesFetched":'
_STORED: Final = """
SELECT c.timestamp, c.close::text, c.volume::text FROM candles AS c
JOIN coin_exchanges AS p ON p.series = c.series JOIN timeframes AS t ON t.id = p.timeframe_id
WHERE p.symbol = $1 AND t.interval = $2 AND c.timestamp >= $3
"""


async def run(seed: int, minutes: float) -> Report:
    """Everything breaks for as long as there is time; then very many follow at once."""
    report = Report("Subscriptions", seed)
    report.expect("API killed", "Valkey killed", "Valkey frozen")
    lot, deadline = random.Random(seed), time.monotonic() + minutes * 60
    async with staged(workers=2) as stage:
        round_number = 0
        while not round_number or time.monotonic() < deadline:
            await truth(stage, report, lot, symbol=SYMBOLS[round_number % len(SYMBOLS)], pages=60, breaks=9)
            round_number += 1
        await fan_out(stage, report, events=100)
    return report


async def truth(stage: Stage, report: Report, lot: random.Random, *, symbol: str, pages: int, breaks: int) -> None:
    """Whatever breaks, each client ends with what is in PostgreSQL, and none sees progress go back."""
    start = _STEP.shift(_STEP.floor(datetime.now(UTC)), -_PAGE * pages)
    [job_id] = await add(stage, [symbol], [_STEP.text], start)
    seeds = [random.Random(lot.random()) for _ in range(6)]
    jobs = [JobFollower(stage.api.url, seed, job_id=str(job_id)) for seed in seeds[:4]]
    candles = [
        CandleFollower(stage.api.url, seed, symbol=symbol, interval=_STEP.text, since=start) for seed in seeds[4:]
    ]
    async with AsyncExitStack() as stack:
        for follower in candles:
            await stack.enter_async_context(going_on(follower.follow()))
        following = asyncio.gather(*(follower.follow() for follower in jobs))
        for number in range(breaks):
            await asyncio.sleep(lot.uniform(0.2, _PAUSE))
            await _BREAKS[number % len(_BREAKS)](stage, report)
        async with asyncio.timeout(_PATIENCE + pages):
            await following
        await _judge_jobs(stage, report, jobs, job_id)
        await _judge_candles(stage, report, candles)
    followers: Sequence[Follower] = [*jobs, *candles]
    report.counts["clients that left without a word"] += sum(follower.leaves for follower in followers)
    report.counts["clients that were cut off"] += sum(follower.losses for follower in followers)


async def _kill_api(stage: Stage, report: Report) -> None:
    await stage.api.end(signal.SIGKILL)
    report.faults["API killed"] += 1
    await stage.api.up()


async def _kill_valkey(stage: Stage, report: Report) -> None:
    await stage.valkey.end(signal.SIGKILL)
    report.faults["Valkey killed"] += 1
    await asyncio.sleep(_PAUSE)
    await stage.valkey.up()


async def _freeze_valkey(stage: Stage, report: Report) -> None:
    stage.valkey.freeze()
    report.faults["Valkey frozen"] += 1
    await asyncio.sleep(_PAUSE)
    stage.valkey.thaw()


_BREAKS: Final = (_kill_valkey, _kill_api, _freeze_valkey)


async def _judge_jobs(stage: Stage, report: Report, jobs: Sequence[JobFollower], job_id: UUID) -> None:
    async with stage.sql() as db:
        pages, written = await db.fetchrow(
            "SELECT pages_fetched, candles_written FROM sync_jobs WHERE id = $1", job_id
        ) or (0, 0)
    final = {"percent": 100.0, "candlesWritten": written, "pagesFetched": pages}
    wrong = [follower.last for follower in jobs if follower.last["progress"] != final]
    report.at_most(f"clients with another end of the job {wrong[:1]}", len(wrong), 0)
    report.at_most("steps back that a client saw", sum(follower.steps_back for follower in jobs), 0)
    report.at_most("ends that a client was told beyond one", max(follower.ends for follower in jobs), 1)


async def _judge_candles(stage: Stage, report: Report, followers: Sequence[CandleFollower]) -> None:
    async def know_all() -> bool:
        async with stage.sql() as db:
            rows = await db.fetch(_STORED, followers[0].symbol, followers[0].interval, followers[0].since)
        stored = {format_instant(row[0]): (row[1], row[2]) for row in rows}
        return bool(stored) and all(follower.known == stored for follower in followers)

    # They begin with all of the history each time, and would hardly ever come to its end.
    for follower in followers:
        follower.restless = False
    took = await until(know_all, "clients to know every candle", 2 * RECOVERY_SECONDS)
    report.at_most("clients know every candle after the job's end", took, RECOVERY_SECONDS, "s")


async def fan_out(stage: Stage, report: Report, events: int) -> None:
    """Many clients of one process, from the commit to each of them."""
    answer = await stage.ask(_ADD_IDLE)
    assert answer.code is None, answer.text
    async with AsyncExitStack() as stack:
        db = await stack.enter_async_context(stage.sql())
        job_id = await db.fetchval(_IDLE_JOB, UUID(answer.data["addPairs"]["pairs"][0]["id"]))
        client = await stack.enter_async_context(redis(stage.settings.redis_url))
        many = (subscribed(stage.api.url, _FOLLOW, id=str(job_id)) for _ in range(SUBSCRIBERS))
        wires = [await stack.enter_async_context(one) for one in many]
        committed: dict[int, float] = {}
        reading = asyncio.gather(*(_delays(wire, committed, events) for wire in wires))
        for number in range(1, events + 1):
            await asyncio.sleep(_EVENT_SECONDS)
            committed[number] = time.monotonic()
            await db.execute(_MOVE, job_id, number)
            await client.publish(job_channel(job_id), b"")
        delays = sorted(delay for found in await reading for delay in found)
        megabytes = psutil.Process(stage.api.pid).memory_info().rss / 2**20
        await db.execute(_END, job_id)
    report.counts["events that subscribers were told"] += len(delays)
    report.at_least("events of each subscriber", len(delays) / SUBSCRIBERS, events)
    report.at_most("fan-out p99", delays[math.ceil(len(delays) * 0.99) - 1], _FAN_OUT_SECONDS, "s")
    report.at_most(f"memory of the API with {SUBSCRIBERS} subscribers", megabytes, _MEGABYTES, "MB")


async def _delays(wire: ClientConnection, committed: dict[int, float], events: int) -> list[float]:
    """Seconds from a commit until this client had it."""
    delays = []
    number = 0
    while number < events:
        text = str(await wire.recv())
        number = int(text.partition(_PAGES)[2].partition(",")[0])
        if number:
            delays.append(time.monotonic() - committed[number])
    return delays
