"""What is missing is found by subtraction, fetched, and nothing else is touched."""

import random
from collections.abc import Sequence
from datetime import datetime

import pytest

from domain.candle import Row
from domain.clock import instant
from domain.database import connection
from domain.interval import Interval, interval
from domain.models import Pair, SyncKind, SyncStatus
from domain.storage.jobs import JobRequest
from domain.timerange import TimeRange
from tests.exchange.made_up import contiguous, resampled
from tests.workers.conftest import MINUTE, Collector

PAGE = 300  # of OKX
HISTORY = 12_000


async def delete(pair: Pair, rows: Sequence[Row]) -> None:
    async with connection() as db:
        statement = "DELETE FROM candles WHERE series = $1 AND timestamp = ANY($2)"
        await db.execute(statement, pair.series, [instant(row[0]) for row in rows])


def pages(rows: Sequence[Row]) -> int:
    """Least number of pages that reach all of them."""
    count, end = 0, 0
    for row in rows:
        if row[0] >= end:
            count, end = count + 1, row[0] + PAGE * 60_000
    return count


async def collected(collector: Collector) -> tuple[Pair, list[Row]]:
    """A pair whose history is complete; what the exchange was asked is forgotten."""
    rows = contiguous(MINUTE, MINUTE.shift(collector.market.now(), -HISTORY), HISTORY + 1)
    collector.market.replace("BTC/USD", "1m", rows)
    collector.market.put("BTC/USD", "1d", resampled(rows, interval("1d")))
    pair = await collector.add("okx", "BTC/USD")
    await collector.run(pair, JobRequest(SyncKind.INITIAL))
    collector.loopback.requests.clear()
    return pair, rows[:-1]


def requests(collector: Collector) -> int:
    return sum(seen.path.endswith("candles") for seen in collector.loopback.requests)


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_thousand_lost_candles_and_an_edge_are_fetched_again_and_no_more(
    collector: Collector, seed: int
) -> None:
    """Whoever deleted them: the ledger knows at once, and REPAIR asks for hardly more pages than it must."""
    pair, rows = await collected(collector)
    lost = sorted(random.Random(seed).sample(rows[200:9_000], 1_000)) + rows[-150:]
    await delete(pair, lost)
    assert len(await collector.stored(pair)) == len(rows) - len(lost)

    jobs = [await collector.run(pair, JobRequest(kind)) for kind in (SyncKind.REPAIR, SyncKind.FORWARD)]

    assert [job.status for job in jobs] == [SyncStatus.SUCCEEDED] * 2
    assert await collector.stored(pair) == rows
    assert await collector.covered(pair) == [TimeRange(instant(rows[0][0]), MINUTE.next(instant(rows[-1][0])))]
    assert sum(job.candles_written for job in jobs) == len(lost)
    assert sum(job.candles_revised for job in jobs) == 0
    assert requests(collector) <= 1.2 * pages(lost)


@pytest.mark.parametrize("text", ["1m", "4h", "1d", "1w", "1M"])
async def test_a_deleted_candle_leaves_its_slot_uncovered(collector: Collector, text: str) -> None:
    """Exactly its slot, also where slots are months; its neighbours stay covered."""
    step: Interval = interval(text)
    rows = contiguous(step, step.shift(collector.market.now(), -30), 31)
    collector.market.replace("BTC/USD", text, rows)
    pair = await collector.add("binance", "BTC/USD", text)
    start, end = instant(rows[0][0]), instant(rows[-1][0])
    await collector.run(pair, JobRequest(SyncKind.RANGE, start, end))
    await delete(pair, [rows[12], rows[13], rows[20]])

    def at(place: int) -> datetime:
        return instant(rows[place][0])

    assert await collector.covered(pair) == [
        TimeRange(start, at(12)),
        TimeRange(at(14), at(20)),
        TimeRange(at(21), end),
    ]
    job = await collector.run(pair, JobRequest(SyncKind.REPAIR))
    assert job.candles_written == 3
    assert await collector.covered(pair) == [TimeRange(start, end)]
    assert await collector.stored(pair) == rows[:-1]
