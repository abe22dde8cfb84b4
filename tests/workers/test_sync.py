"""The sync engine, through unmodified CCXT, over real HTTP into real PostgreSQL."""

from datetime import timedelta

import pytest

from domain.candle import Row
from domain.clock import instant
from domain.database import connection
from domain.interval import interval
from domain.models import SyncKind, SyncStatus
from domain.storage import candles, jobs
from domain.storage.jobs import JobRequest
from domain.storage.leases import LeaseLostError, Progress
from domain.timerange import TimeRange
from tests.exchange.made_up import contiguous
from tests.workers.conftest import Collector
from workers.store import Batch, store

MINUTE = interval("1m")


def closed(collector: Collector) -> list[Row]:
    """What the exchange honestly has."""
    return list(collector.market.closed("BTC/USDT", "1m"))


def span(rows: list[Row]) -> TimeRange:
    return TimeRange(instant(rows[0][0]), MINUTE.next(instant(rows[-1][0])))


async def test_only_as_many_requests_are_made_as_the_range_needs(collector: Collector) -> None:
    """1,599 minutes are two pages of Binance; two more find the listing and confirm it."""
    pair = await collector.add("binance")

    job = await collector.run(pair, JobRequest(SyncKind.INITIAL))

    klines = [seen for seen in collector.loopback.requests if seen.path.endswith("klines")]
    assert len(klines) == 2 + 2
    assert job.pages_fetched == 2


async def test_forward_continues_where_the_ledger_ends_and_corrects_what_has_settled(collector: Collector) -> None:
    """The last few closed candles are asked for again; changed ones are stored and counted as revised."""
    pair = await collector.add("binance")
    await collector.run(pair, JobRequest(SyncKind.INITIAL))
    last = closed(collector)[-1]
    collector.market.put("BTC/USDT", "1m", [(*last[:5], "987.654321")])
    upcoming = instant(collector.market.held("BTC/USDT", "1m")[-1][0] + 60_000)
    collector.market.put("BTC/USDT", "1m", contiguous(MINUTE, upcoming, 5))
    collector.advance(timedelta(minutes=3))

    job = await collector.run(pair, JobRequest(SyncKind.FORWARD))

    assert await collector.stored(pair) == closed(collector)
    assert (job.candles_written, job.candles_revised) == (4, 1)
    assert job.pages_fetched == 1


async def test_a_first_forward_fetches_recent_candles_only(collector: Collector) -> None:
    """A pair without history gets what people look at first; the rest is for INITIAL."""
    pair = await collector.add("binance")

    await collector.run(pair, JobRequest(SyncKind.FORWARD))

    assert await collector.stored(pair) == closed(collector)[-500:]


async def test_kinds_meet_without_fetching_a_page_twice(collector: Collector) -> None:
    """RANGE, FORWARD, REPAIR and BACKWARD together cover everything once."""
    pair = await collector.add("binance")
    rows = closed(collector)
    await collector.run(pair, JobRequest(SyncKind.RANGE, instant(rows[300][0]), instant(rows[600][0])))
    await collector.run(pair, JobRequest(SyncKind.RANGE, instant(rows[700][0]), instant(rows[900][0])))
    assert len(await collector.covered(pair)) == 2

    repaired = await collector.run(pair, JobRequest(SyncKind.REPAIR))
    assert (repaired.pages_fetched, repaired.candles_written) == (1, 100)
    back = await collector.run(pair, JobRequest(SyncKind.BACKWARD))
    assert (back.pages_fetched, back.candles_written) == (1, 300)
    await collector.run(pair, JobRequest(SyncKind.FORWARD))

    assert await collector.stored(pair) == rows
    assert await collector.covered(pair) == [span(rows)]


async def test_a_covered_range_is_asked_for_again_only_by_force(collector: Collector) -> None:
    """RANGE does nothing where all is covered; with force it corrects what the exchange has changed since."""
    pair = await collector.add("binance")
    await collector.run(pair, JobRequest(SyncKind.INITIAL))
    rows = closed(collector)
    collector.market.put("BTC/USDT", "1m", [(*rows[10][:5], "1.5")])
    window = (instant(rows[0][0]), instant(rows[100][0]))

    idle = await collector.run(pair, JobRequest(SyncKind.RANGE, *window))
    assert (idle.status, idle.pages_fetched) == (SyncStatus.SUCCEEDED, 0)
    forced = await collector.run(pair, JobRequest(SyncKind.RANGE, *window, is_forced=True))

    assert (forced.pages_fetched, forced.candles_revised) == (1, 1)
    assert await collector.stored(pair) == closed(collector)


async def test_the_forming_candle_is_never_stored(collector: Collector) -> None:
    """Exchanges send it last; it is only true once it has closed."""
    pair = await collector.add("binance")
    await collector.run(pair, JobRequest(SyncKind.FORWARD))

    forming = collector.market.held("BTC/USDT", "1m")[-1]
    assert forming[0] not in {row[0] for row in await collector.stored(pair)}


async def test_a_candle_off_the_grid_by_hours_is_kept(collector: Collector) -> None:
    """After an outage Binance really sent 4h candles two hours late."""
    four_hours, start = interval("4h"), interval("4h").floor(collector.market.now() - timedelta(days=20))
    rows = contiguous(four_hours, start, 60)
    late = [(row[0] + 7_200_000, *row[1:]) if 20 <= place < 25 else row for place, row in enumerate(rows)]
    collector.market.put("BTC/USDT", "4h", late)
    pair = await collector.add("binance", "BTC/USDT", "4h")

    await collector.run(pair, JobRequest(SyncKind.RANGE, start, four_hours.shift(start, 60)))

    assert await collector.stored(pair) == late


async def test_a_symbol_that_the_exchange_does_not_list_fails_at_once(collector: Collector) -> None:
    """A pair that was accepted before the market list was loaded is told apart by its job."""
    pair = await collector.add("binance", "NO/SUCH")

    job = await collector.run(pair, JobRequest(SyncKind.INITIAL))

    assert (job.status, job.error_code, job.retries) == (SyncStatus.FAILED, "UNKNOWN_SYMBOL", 0)
    assert job.error_message == "binance does not list NO/SUCH."


async def test_an_interval_that_the_exchange_does_not_serve_fails_at_once(collector: Collector) -> None:
    """Coinbase has no 4h candles."""
    pair = await collector.add("coinbase", "BTC/USDT", "4h")

    job = await collector.run(pair, JobRequest(SyncKind.INITIAL))

    assert (job.status, job.error_code) == (SyncStatus.FAILED, "UNSUPPORTED_INTERVAL")


async def test_a_cancelled_job_stops_before_its_next_page_and_keeps_what_it_has(collector: Collector) -> None:
    """What was stored stays, and the ledger tells what it is."""
    pair = await collector.add("okx")
    job_id = await collector.ask(pair, JobRequest(SyncKind.INITIAL))
    collector.limit_slices_to_one_page()
    await collector.slice(job_id)
    await jobs.cancel(job_id, collector.market.now())

    job = await collector.slice(job_id)

    assert job.status is SyncStatus.CANCELLED
    [part] = await collector.covered(pair)
    assert await collector.stored(pair) == [row for row in closed(collector) if instant(row[0]) >= part.start]


async def test_progress_never_goes_back(collector: Collector) -> None:
    """A long job is done in slices; each leaves it further than the last."""
    pair = await collector.add("okx")
    job_id = await collector.ask(pair, JobRequest(SyncKind.INITIAL))
    collector.limit_slices_to_one_page()
    done = []
    while (job := await collector.slice(job_id)).status is not SyncStatus.SUCCEEDED:
        done.append((job.seconds_done, job.candles_written))

    assert len(done) >= 2
    assert done == sorted(done)


async def test_a_worker_that_was_frozen_past_its_lease_writes_nothing(collector: Collector) -> None:
    """The token of a later lease fences it off."""
    pair = await collector.add("binance")
    job_id = await collector.ask(pair, JobRequest(SyncKind.INITIAL))
    await collector.let_run(job_id)
    frozen = await collector.take(job_id)
    collector.advance(timedelta(seconds=40))
    await collector.run(pair, JobRequest(SyncKind.INITIAL))
    before = await collector.stored(pair)

    progress = Progress(1, 60, 0, 0.0, collector.market.now())
    batch = Batch([span(before)], [(before[0][0], "1", "1", "1", "1", "1")], [span(before)], None, progress)
    with pytest.raises(LeaseLostError):
        await store(frozen, batch, collector.market.now())

    assert await collector.stored(pair) == before


async def test_a_candle_that_stands_where_nothing_is_covered_is_corrected(collector: Collector) -> None:
    """COPY meets a row that someone else stored; the page is then upserted."""
    pair = await collector.add("binance")
    first = closed(collector)[0]
    async with connection() as db:
        await candles.upsert(db, pair.series, [(first[0], "1", "1", "1", "1", "1")])

    await collector.run(pair, JobRequest(SyncKind.INITIAL))

    assert await collector.stored(pair) == closed(collector)
    await pair.refresh_from_db()
    assert pair.candle_count == len(closed(collector))
