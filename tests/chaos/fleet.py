"""Several workers as one: one budget for an exchange, and one sync for a pair."""

import asyncio
import random
import re
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx

from domain.queue import redis
from ops.local.address import free_port
from ops.local.logs import new_log
from ops.sandbox.series import Symbol
from tests.bench.market import DailyMarket
from tests.chaos.parts import Process, until
from tests.chaos.rate import Meter
from tests.chaos.report import Report
from tests.chaos.stage import EXCHANGE, Stage, staged

WORKERS: Final = 3
PAIRS: Final = 30
CALLERS: Final = 100

# Requests that the exchange allows in any second, and the milliseconds between requests that say so to CCXT, which
# charges 0.4 of them for a page.
PER_SECOND: Final = 20
RATE_LIMIT: Final = 125

# Percent of the limit.
FULL_USE: Final = 90.0

# Seconds in which a fleet comes up to its limit after a fault.
_RUN_UP: Final = 6.0
# Seconds after which the jobs of a killed worker are taken over.
_LEASE: Final = 20.0
_MOMENT: Final = 0.1
_STRETCHES: Final = 4
# Of a job that is still under way when the last of all callers is answered and yet ends within one worker's slice, as
# a slice begins with the newest page; and its pages of a thousand minutes.
_SYNC_DAYS: Final = 30
_SYNC_PAGES: Final = 43
_LONGEST_JOB: Final = 60.0

# Further back than any run gets.
_LONG_AGO: Final = "2000-01-01T00:00:00Z"

_ADD: Final = """
mutation($symbols: [String!]!, $sync: Boolean!, $from: DateTime!) {
  addPairs(input: {exchange: "binance", symbols: $symbols, intervals: ["1m"], sync: $sync, from: $from}) {
    pairs { id }
  }
}
"""
_SYNC: Final = """
mutation($input: SyncPairInput!) { syncPair(input: $input) { isNew job { id status } } }
"""
_WAITED: Final = """
SELECT count(*) FILTER (WHERE waited_seconds > 0) AS waiting, min(waited_seconds) AS least,
    max(waited_seconds - extract(epoch FROM now() - started_at)) AS too_much
FROM sync_jobs AS j JOIN coin_exchanges AS p ON p.id = j.pair_id
WHERE j.status = 1 AND p.symbol LIKE 'C%/USDT'
"""


async def run(seed: int, minutes: float) -> Report:
    """Budget, with Valkey and workers breaking; one sync a pair; a key over crashes."""
    report = Report("A fleet of three workers and two APIs", seed)
    async with staged() as stage, fleet(stage, RATE_LIMIT) as stage:
        await budget(stage, report, seconds=minutes * 30, lot=random.Random(seed))
        await one_sync(stage, report)
        await one_truth(stage, report, writes=200)
        await crash_before_the_reply(stage, report)
    return report


@asynccontextmanager
async def fleet(stage: Stage, rate_limit: int, workers: int = WORKERS) -> AsyncIterator[Stage]:
    """The installation with so many workers of that rate, on an exchange that costs nothing to ask."""
    with configured(stage, rate_limit):
        await _end(stage.workers)
        await clear(stage)
        crew = [_worker(stage, number) for number in range(workers)]
        try:
            for worker in crew:
                await worker.up()
            yield replace(stage, workers=crew)
        finally:
            await _end(crew)
            await clear(stage)
    for worker in stage.workers:
        await worker.up()


def _worker(stage: Stage, number: int) -> Process:
    name = f"fleet {number}"
    return replace(stage.workers[0], name=name, log=new_log(stage.settings.data_dir / f"{name}.log"))


async def _end(workers: Sequence[Process]) -> None:
    for worker in workers:
        await worker.end(signal.SIGKILL)


@contextmanager
def configured(stage: Stage, rate_limit: int) -> Iterator[None]:
    """Workers that start meanwhile keep the rate."""
    file = stage.settings.exchanges_file
    before = file.read_text()
    file.write_text(re.sub(r"rate_limit = \d+", f"rate_limit = {rate_limit}", before))
    stage.exchange.reset()
    stage.exchange.serve(DailyMarket([Symbol(f"C{number}", "USDT") for number in range(1_000)]))
    try:
        yield
    finally:
        file.write_text(before)
        stage.exchange.reset()
        stage.exchange.serve(stage.market)


async def clear(stage: Stage) -> None:
    """Forgets what the fleet has collected, and what its exchange listed. Jobs first, as workers lock them."""
    async with stage.sql() as db, db.transaction():
        await db.execute(
            "DELETE FROM sync_jobs WHERE pair_id IN (SELECT id FROM coin_exchanges WHERE symbol LIKE 'C%/USDT')"
        )
        await db.execute("DELETE FROM coin_exchanges WHERE symbol LIKE 'C%/USDT'")
        await db.execute("DELETE FROM markets")
        await db.execute("UPDATE exchanges SET markets_refreshed_at = NULL")


async def add(stage: Stage, symbols: Sequence[str], *, sync: bool = False) -> list[str]:
    """Ids of the pairs, 1m each."""
    answer = await stage.ask(_ADD, symbols=list(symbols), sync=sync, **{"from": _LONG_AGO})
    assert answer.code is None, answer.text
    return [pair["id"] for pair in answer.data["addPairs"]["pairs"]]


async def budget(stage: Stage, report: Report, *, seconds: float, lot: random.Random | None = None) -> None:
    """Backfills of thirty pairs for so long without trouble, and with a lot for as long again with some."""
    await add(stage, [f"C{number}/USDT" for number in range(PAIRS)], sync=True)
    meter = Meter.on(stage.exchange, EXCHANGE, per_second=PER_SECOND)
    await until(lambda: _all_wait(stage), "every job to tell that it waits")
    share = await _best_share(meter, seconds)
    report.at_least("share of the limit that was used", share, FULL_USE, "%")
    await _judge_waiting(stage, report)
    if lot:
        await _break(stage, report, lot, seconds)
        started = time.monotonic()
        await asyncio.sleep(seconds)
        report.at_least("share of it used after the faults", meter.share(started, time.monotonic()), FULL_USE, "%")
    meter.judge(report)
    await clear(stage)


async def _best_share(meter: Meter, seconds: float) -> float:
    """Of some stretches, as other programs may keep the fleet from asking in one of them."""
    share, left = 0.0, _STRETCHES
    while left and share < FULL_USE:
        started, left = time.monotonic(), left - 1
        await asyncio.sleep(seconds)
        share = max(share, meter.share(started, time.monotonic()))
    return share


async def _all_wait(stage: Stage) -> bool:
    async with stage.sql() as db:
        return bool(await db.fetchval(_WAITED) == PAIRS)


async def _judge_waiting(stage: Stage, report: Report) -> None:
    async with stage.sql() as db:
        waited = await db.fetchrow(_WAITED)
    assert waited
    report.at_least("least time that a job says it waited", waited["least"], 1.0, "s")
    report.at_most("longest time that a job says it waited beyond its life", float(waited["too_much"]), 0.5, "s")


async def _break(stage: Stage, report: Report, lot: random.Random, seconds: float) -> None:
    """Faults that take with them what is known of the budget, or hold on to some of it."""
    faults = {
        "valkey killed": _kill_valkey,
        "valkey emptied": _empty_valkey,
        "worker killed": _kill_worker,
        "worker frozen": _freeze_worker,
    }
    report.expect(*faults)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline or not all(report.faults.values()):
        name = lot.choice([fault for fault in faults if not report.faults[fault]] or list(faults))
        await faults[name](stage, lot)
        report.faults[name] += 1
        await asyncio.sleep(lot.uniform(0, 4))
    await asyncio.sleep(_RUN_UP + _LEASE)


async def _kill_valkey(stage: Stage, lot: random.Random) -> None:
    await stage.valkey.end(signal.SIGKILL)
    await asyncio.sleep(lot.uniform(0, 1))
    await stage.valkey.up()


async def _empty_valkey(stage: Stage, _: random.Random) -> None:
    async with redis(stage.settings.redis_url) as client:
        await client.flushall()


async def _kill_worker(stage: Stage, lot: random.Random) -> None:
    worker = lot.choice(stage.workers)
    await worker.end(signal.SIGKILL)
    await worker.up()


async def _freeze_worker(stage: Stage, lot: random.Random) -> None:
    worker = lot.choice(stage.workers)
    worker.freeze()
    await asyncio.sleep(lot.uniform(0.5, 4))
    worker.thaw()


async def one_sync(stage: Stage, report: Report) -> None:
    """A hundred callers of two APIs at once get one job, and the exchange is asked for each page once."""
    [pair] = await add(stage, ["C500/USDT"])
    stage.exchange.requests.clear()
    start = (datetime.now(UTC) - timedelta(days=_SYNC_DAYS)).isoformat()
    wanted = {"pairId": pair, "kind": "INITIAL", "from": start}
    with second_api(stage) as other:
        await other.up()
        answers = await asyncio.gather(
            *(ask(stage, url, wanted) for url in [stage.api.url, other.url] * (CALLERS // 2))
        )
    report.counts["callers at once"] += len(answers)
    report.at_most("jobs that they got", len({answer["job"]["id"] for answer in answers}), 1)
    report.at_most("callers who were told that it is new", sum(answer["isNew"] for answer in answers), 1)
    await ended(stage, answers[0]["job"]["id"])
    pages = Counter(
        tuple(sorted(request.query.items()))
        for request in stage.exchange.requests
        if request.query.get("symbol") == "C500USDT"
    )
    report.at_least("pages fetched", len(pages), _SYNC_PAGES)
    report.at_most("times that a page was fetched", max(pages.values()), 1)


@contextmanager
def second_api(stage: Stage) -> Iterator[Process]:
    """Not started yet."""
    port = free_port()
    other = replace(
        stage.api,
        name="second api",
        environment={**stage.api.environment, "PORT": str(port)},
        log=new_log(stage.settings.data_dir / "second-api.log"),
        url=f"http://127.0.0.1:{port}",
    )
    try:
        yield other
    finally:
        other.send(signal.SIGKILL)


async def ask(stage: Stage, url: str, wanted: dict[str, Any]) -> dict[str, Any]:
    """What `syncPair` answers, tried again while too many ask at once."""
    body = {"query": _SYNC, "variables": {"input": wanted}}
    answer = (await stage.http.post(f"{url}/graphql", json=body)).json()
    while "errors" in answer:
        assert answer["errors"][0]["extensions"]["code"] == "OVERLOADED", answer
        await asyncio.sleep(_MOMENT)
        answer = (await stage.http.post(f"{url}/graphql", json=body)).json()
    found: dict[str, Any] = answer["data"]["syncPair"]
    return found


async def ended(stage: Stage, job_id: str) -> None:
    """Returns when the job has succeeded."""

    async def has_ended() -> bool:
        async with stage.sql() as db:
            return bool(await db.fetchval("SELECT status = 2 FROM sync_jobs WHERE id = $1::uuid", job_id))

    await until(has_ended, "the job to succeed", _LONGEST_JOB)


_LAST: Final = """
query($symbol: String!) {
  candles(exchange: "binance", symbol: $symbol, interval: "1m", last: 1) { nodes { volume } }
  hours: candles(exchange: "binance", symbol: $symbol, interval: "1h", last: 1) { nodes { volume } }
  pair(exchange: "binance", symbol: $symbol, interval: "1m") { latestCandle { volume } coverage { candleCount } }
}
"""
_CHANGE: Final = """
INSERT INTO candles SELECT series, '2020-01-01Z', 1, 1, 1, 1, $2 FROM coin_exchanges WHERE id = $1::uuid
ON CONFLICT (series, timestamp) DO UPDATE SET volume = excluded.volume
"""


async def one_truth(stage: Stage, report: Report, writes: int) -> None:
    """Both APIs, whose caches are warm, know each write as soon as it is committed, whoever wrote it."""
    [pair] = await add(stage, ["C502/USDT"])
    stale = 0
    with second_api(stage) as other:
        await other.up()
        async with stage.sql() as db:
            for volume in range(1, writes + 1):
                await db.execute(_CHANGE, pair, volume)
                for url in (stage.api.url, other.url) * 2:
                    body = {"query": _LAST, "variables": {"symbol": "C502/USDT"}}
                    found = (await stage.http.post(f"{url}/graphql", json=body)).json()["data"]
                    seen = {
                        *(found[name]["nodes"][0]["volume"] for name in ("candles", "hours")),
                        found["pair"]["latestCandle"]["volume"],
                    }
                    stale += seen != {str(volume)}
    report.counts["answers compared"] += 4 * writes
    report.at_most("answers that are older than a write", stale, 0)


async def crash_before_the_reply(stage: Stage, report: Report) -> None:
    """A request whose job was written down, but whose API died before it said so, is repeated under its key."""
    [pair] = await add(stage, ["C501/USDT"])
    wanted = {"pairId": pair, "idempotencyKey": f"order-{pair}"}
    stage.valkey.freeze()  # the push to the queue comes after the commit, and waits
    asking = asyncio.create_task(ask(stage, stage.api.url, wanted))
    async with stage.sql() as db:

        async def is_written() -> bool:
            return bool(await db.fetchval("SELECT count(*) FROM sync_jobs WHERE pair_id = $1::uuid", pair))

        await until(is_written, "the job to be written down")
        await stage.api.end(signal.SIGKILL)
        with suppress(httpx.HTTPError):
            raise AssertionError(f"the API answered before it was killed: {await asking}")
        report.faults["API killed between commit and reply"] += 1
        stage.valkey.thaw()
        await stage.valkey.end(signal.SIGKILL)
        await stage.valkey.up()
        await stage.api.up()
        again = await asyncio.gather(*(ask(stage, stage.api.url, wanted) for _ in range(CALLERS // 2)))
        await ended(stage, again[0]["job"]["id"])
        again += [await ask(stage, stage.api.url, wanted)]
        jobs = await db.fetchval("SELECT count(*) FROM sync_jobs WHERE NOT is_scheduled AND pair_id = $1::uuid", pair)
    report.at_most("jobs of a key over a crash and restarts", jobs, 1)
    report.at_most("answers to its repetition that name another job or call it new", _strange(again), 0)


def _strange(answers: Sequence[dict[str, Any]]) -> int:
    first = answers[0]["job"]["id"]
    return sum(answer["isNew"] or answer["job"]["id"] != first for answer in answers)
