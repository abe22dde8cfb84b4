"""The schedule: newest candles in time, and each tick once."""

import asyncio
import random
import time
from datetime import UTC, datetime
from typing import Final

from domain.interval import interval
from tests.chaos.fleet import add, clear, fleet
from tests.chaos.parts import until
from tests.chaos.report import Report
from tests.chaos.stage import Stage, staged
from tests.tardiness import Stopwatch

PAIRS: Final = 200

# Seconds after its close within which the candle of each pair is stored.
LAG_LIMIT: Final = 10.0

# What CCXT says of Binance, in milliseconds: a page takes 20 of them, so 200 pairs take 4 s of the exchange's time.
RATE_LIMIT: Final = 50

_MINUTE: Final = interval("1m")

_BEHIND: Final = """
SELECT count(*) FROM coin_exchanges WHERE symbol LIKE 'C%/USDT' AND (isempty(covered) OR upper(covered) < $1)
"""

# Each tick as it was let run, by name.
_RECORD: Final = """
CREATE TABLE IF NOT EXISTS ticks_seen (name text, at timestamptz);
CREATE OR REPLACE FUNCTION tick_seen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ticks_seen VALUES (NEW.name, NEW.at);
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER tick_seen AFTER INSERT OR UPDATE ON ticks FOR EACH ROW EXECUTE FUNCTION tick_seen();
TRUNCATE ticks_seen;
"""
_STOP_RECORDING: Final = "DROP TRIGGER tick_seen ON ticks"
_TWICE: Final = "SELECT count(*) FROM (SELECT FROM ticks_seen GROUP BY name, at HAVING count(*) > 1) AS twice"
_SEEN: Final = "SELECT count(DISTINCT at) FROM ticks_seen WHERE name = 'forward'"

# Seconds between the ticks of forward.
_TICK: Final = 2.0


async def run(seed: int, minutes: float) -> Report:
    """The closes of two hundred pairs by one worker for so many minutes, then ticks of three workers."""
    report = Report("The schedule of two hundred pairs, and of three workers", seed)
    async with staged() as stage:
        async with fleet(stage, RATE_LIMIT, workers=1) as small:
            await closes(small, report, count=max(2, round(minutes)), pairs=PAIRS)
        async with fleet(stage, RATE_LIMIT) as large:
            await ticks(large, report, count=20, lot=random.Random(seed))
    return report


async def closes(stage: Stage, report: Report, *, count: int, pairs: int) -> None:
    """Watches closes of new pairs; the first fetches their last hours, too."""
    await add(stage, [f"C{number}/USDT" for number in range(pairs)])
    await _caught_up(stage)
    lags = [await _lag(stage) for _ in range(count)]
    report.counts["closes watched"] += len(lags)
    report.counts["pairs"] += pairs
    report.at_most("longest time from a close until all pairs had the candle", max(lags), LAG_LIMIT, "s")
    await clear(stage)


async def _caught_up(stage: Stage) -> None:
    await until(lambda: _is_stored(stage, _MINUTE.floor(datetime.now(UTC))), "the first candles", 120)


async def _is_stored(stage: Stage, close: datetime) -> bool:
    async with stage.sql() as db:
        return not await db.fetchval(_BEHIND, close)


async def _lag(stage: Stage) -> float:
    """Seconds after the next close until every pair had its candle, less those that others kept the worker waiting."""
    close = _MINUTE.next(datetime.now(UTC))
    await asyncio.sleep((close - datetime.now(UTC)).total_seconds())
    clock = Stopwatch(stage.workers[0].pid)
    await until(lambda: _is_stored(stage, close), "the newest candles")
    return clock.seconds


async def ticks(stage: Stage, report: Report, *, count: int, lot: random.Random) -> None:
    """Ticks of all workers, one of which stands still around some of them; each runs once, and none is left out."""
    async with stage.sql() as db:
        await db.execute(_RECORD)
        deadline = time.monotonic() + count * _TICK
        report.expect("worker frozen around ticks")
        while time.monotonic() < deadline:
            worker = lot.choice(stage.workers)
            worker.freeze()
            await asyncio.sleep(lot.uniform(2, 5))
            worker.thaw()
            report.faults["worker frozen around ticks"] += 1
            await asyncio.sleep(lot.uniform(0, 2))
        await db.execute(_STOP_RECORDING)
        seen, twice = await db.fetchval(_SEEN), await db.fetchval(_TWICE)
    report.counts["ticks"] += seen
    report.at_least("ticks that ran", seen, count - 1)
    report.at_most("ticks that ran twice", twice, 0)
