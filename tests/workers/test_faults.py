"""Whatever goes wrong on the way: what is stored is what the exchange has, and nothing false is claimed.

The tables are the specification: what is outlived, what ends a job at once, and what ends it when it does not stop.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import pytest

from domain.candle import Row
from domain.clock import instant, system_clock
from domain.database import connection
from domain.interval import interval
from domain.models import Pair, PairStatus, SyncJob, SyncKind, SyncStatus
from domain.storage import candles
from domain.storage.jobs import JobRequest
from domain.timerange import TimeRange
from tests import factories
from tests.exchange import distortion, faults
from tests.exchange.made_up import resampled
from tests.exchange.troubles import OUTLIVED, slow_down
from tests.tardiness import tardiness
from tests.workers.conftest import MINUTE, Collector

HOURS: Final = {"okx": 13, "binance": 6, "kraken": 6}  # of history, so that OKX needs three pages

# On some pages at least; elsewhere, and with all others, the job has to ask again.
HARMLESS: Final = {"every row twice", "in no order", "rows from before", "connection reset"} | {
    "inverted prices",
    "since ignored",
    "empty page",
}


def put_history(collector: Collector, exchange: str, symbol: str) -> list[Row]:
    """Minutes under a name of their own; gives the closed ones."""
    rows = list(collector.market.held("BTC/USDT", "1m"))[-60 * HOURS[exchange] :]
    collector.market.put(symbol, "1m", rows)
    for step in ("1h", "1d"):
        collector.market.put(symbol, step, resampled(rows, interval(step)))
    return rows[:-1]


def span(rows: list[Row]) -> TimeRange:
    return TimeRange(instant(rows[0][0]), MINUTE.next(instant(rows[-1][0])))


async def has(pair: Pair, *parts: list[Row], listed_at: datetime | None = None) -> None:
    """The pair as if these parts of its history had been collected before."""
    async with connection() as db:
        for part in parts:
            await candles.upsert(db, pair.series, part)
    await factories.cover(pair, *map(span, parts), listed_at=listed_at)


async def assert_nothing_is_amiss(collector: Collector, pair: Pair, job: SyncJob, rows: list[Row]) -> None:
    assert (job.status, job.error_code) == (SyncStatus.SUCCEEDED, None), job.error_message
    assert await collector.stored(pair) == rows
    assert await collector.covered(pair) == [span(rows)]


PAGES: Final[dict[str, Callable[[list[Row]], str]]] = {
    "the search for the listing": lambda rows: "bar=1Dutc",
    "the newest page": lambda rows: f"before={rows[-300][0] - 1}",
    "a page between": lambda rows: f"before={rows[-600][0] - 1}",
    "the oldest page": lambda rows: f"before={rows[0][0] - 1}",
}


@pytest.mark.parametrize("fault", OUTLIVED)
async def test_a_fault_on_any_page_of_a_backfill_is_outlived(collector: Collector, fault: str) -> None:
    """The job waits, asks again and succeeds, on an exchange that answers about the asked window alone."""
    for number, (page, target) in enumerate(PAGES.items()):
        symbol = f"P{number}/USDT"
        rows = put_history(collector, "okx", symbol)
        pair = await collector.add("okx", symbol)
        collector.loopback.faults.clear()
        collector.loopback.faults.add(target(rows), OUTLIVED[fault]("okx"))

        job = await collector.run(pair, JobRequest(SyncKind.INITIAL))

        assert collector.loopback.faults.injected == 1, page
        assert job.retries or fault in HARMLESS, page
        await assert_nothing_is_amiss(collector, pair, job, rows)
        await pair.refresh_from_db()
        assert pair.listed_at == instant(rows[0][0]), page


KINDS: Final = {
    SyncKind.INITIAL: slice(0, 0),
    SyncKind.FORWARD: slice(0, 90),
    SyncKind.BACKWARD: slice(200, None),
    SyncKind.REPAIR: slice(0, 90),
}


@pytest.mark.parametrize("fault", OUTLIVED)
async def test_a_fault_in_any_kind_of_job_is_outlived(collector: Collector, fault: str) -> None:
    """The same on an exchange that skips ahead to its next candles where it has none."""
    for kind, kept in KINDS.items():
        symbol = f"{kind.name}/USDT"
        rows = put_history(collector, "binance", symbol)
        pair = await collector.add("binance", symbol)
        parts = [rows[kept], rows[200:]] if kind is SyncKind.REPAIR else [rows[kept]]
        if parts[0]:
            await has(pair, *parts)
        collector.loopback.faults.clear()
        collector.loopback.faults.add("klines", OUTLIVED[fault]("binance"))

        job = await collector.run(pair, JobRequest(kind))

        assert collector.loopback.faults.injected == 1, kind
        await assert_nothing_is_amiss(collector, pair, job, rows)


@pytest.mark.parametrize("fault", sorted(OUTLIVED))
async def test_a_fault_of_an_exchange_that_serves_its_newest_candles_is_outlived(
    collector: Collector, fault: str
) -> None:
    """While it looks for the listing, and on the only page there is."""
    for asked_before in range(2):
        symbol = f"N{asked_before}/USDT"
        rows = put_history(collector, "kraken", symbol)
        pair = await collector.add("kraken", symbol)
        collector.loopback.faults.clear()
        collector.loopback.faults.add("OHLC", OUTLIVED[fault]("kraken"), after=asked_before)

        job = await collector.run(pair, JobRequest(SyncKind.INITIAL))

        assert collector.loopback.faults.injected == 1
        await assert_nothing_is_amiss(collector, pair, job, rows)


FINAL: Final = {
    "symbol gone": ('{"code":"51001","data":[],"msg":"Instrument ID doesn\'t exist."}', "UNKNOWN_SYMBOL"),
    "request refused": ('{"code":"51000","data":[],"msg":"Parameter bar error"}', "EXCHANGE_REFUSED"),
    "key asked for": ('{"code":"50103","data":[],"msg":"Request header can\'t be empty"}', "EXCHANGE_REFUSED"),
}


@pytest.mark.parametrize("refusal", FINAL)
async def test_what_cannot_pass_ends_the_job_at_once_and_keeps_what_it_stored(
    collector: Collector, refusal: str
) -> None:
    """With a code, the exchange's own words, and no second attempt."""
    body, code = FINAL[refusal]
    rows = put_history(collector, "okx", "GONE/USDT")
    pair = await collector.add("okx", "GONE/USDT")
    collector.loopback.faults.add(PAGES["the oldest page"](rows), faults.json(body, 400))
    collector.limit_slices_to_one_page()

    job = await collector.run(pair, JobRequest(SyncKind.INITIAL))

    assert (job.status, job.error_code, job.error_is_transient) == (SyncStatus.FAILED, code, False)
    assert "okx refuses this request" in (job.error_message or "")
    assert (job.retries, collector.loopback.faults.injected) == (0, 1)
    assert await collector.stored(pair) == rows[-600:]
    assert await collector.covered(pair) == [span(rows[-600:])]


ENDLESS: Final = {
    "502 with HTML": "EXCHANGE_UNAVAILABLE",
    "500 with JSON": "EXCHANGE_UNAVAILABLE",
    "200 with HTML": "BAD_PAGE",
    "cut short": "EXCHANGE_UNAVAILABLE",
    "times off by seconds": "BAD_PAGE",
    "inverted prices": "BAD_PAGE",
    "NaN": "BAD_PAGE",
    "since ignored": "BAD_PAGE",
    "empty page": "EMPTY_ANSWER",
}


@pytest.mark.parametrize("fault", ENDLESS)
async def test_what_never_passes_ends_the_job_with_its_reason(collector: Collector, fault: str) -> None:
    """After a bounded number of requests, with all that was stored before kept and nothing claimed beyond it."""
    rows = put_history(collector, "okx", "SICK/USDT")
    pair = await collector.add("okx", "SICK/USDT")
    await has(pair, rows[-300:], listed_at=instant(rows[0][0]))
    collector.loopback.faults.add("candles", OUTLIVED[fault]("okx"), times=faults.ALWAYS)

    job = await collector.run(pair, JobRequest(SyncKind.BACKWARD))

    assert (job.status, job.error_code, job.error_is_transient) == (SyncStatus.FAILED, ENDLESS[fault], True)
    assert job.error_message
    assert 6 <= collector.loopback.faults.injected <= 100
    assert await collector.stored(pair) == rows[-300:]
    assert await collector.covered(pair) == [span(rows[-300:])]
    await pair.refresh_from_db()
    assert pair.status is PairStatus.FAILED


async def test_an_outage_that_looks_like_no_trades_covers_nothing(collector: Collector) -> None:
    """However often it is repeated: an exchange that cannot tell of a candle it has is not believed about others."""
    rows = put_history(collector, "okx", "DARK/USDT")
    pair = await collector.add("okx", "DARK/USDT")
    await has(pair, rows[:300])
    job_id = await collector.ask(pair, JobRequest(SyncKind.INITIAL))
    collector.loopback.faults.add("bar=1m", faults.distorted(distortion.empty), times=8)

    job = await collector.finish(job_id)

    assert collector.loopback.faults.injected == 8
    await assert_nothing_is_amiss(collector, pair, job, rows)


async def test_a_symbol_that_is_no_longer_traded_is_collected_to_its_end(collector: Collector) -> None:
    """What follows its last candle is covered and empty, in every way of telling so."""
    for exchange in ("binance", "okx", "bybit", "coinbase"):
        rows = list(collector.market.held("BTC/USDT", "1m"))[-1_500:-700]
        collector.market.replace("ETH/BTC", "1m", rows)
        collector.market.put("ETH/BTC", "1d", resampled(rows, interval("1d")))
        pair = await collector.add(exchange, "ETH/BTC")

        job = await collector.run(pair, JobRequest(SyncKind.INITIAL))

        assert job.status is SyncStatus.SUCCEEDED, f"{exchange}: {job.error_message}"
        assert await collector.stored(pair) == rows
        [covered] = await collector.covered(pair)
        assert covered.start == instant(rows[0][0])
        assert covered.end >= collector.market.now() - timedelta(minutes=4)


async def test_a_market_list_that_shrank_is_not_believed(collector: Collector) -> None:
    """Neither does it deactivate a market, nor does a job that runs meanwhile lose its symbol."""
    rows = put_history(collector, "binance", "LISTED/USDT")
    pair = await collector.add("binance", "LISTED/USDT")
    wire = collector.worker.exchanges.gateways["binance"].wire  # the client's market list, as jobs see it
    await collector.run(pair, JobRequest(SyncKind.INITIAL))
    before = set(wire.client.markets)
    collector.loopback.faults.add("exchangeInfo", faults.json('{"symbols": []}'), times=3)

    unknown = await collector.add("binance", "NOT/LISTED")
    job = await collector.slice(await collector.ask(unknown, JobRequest(SyncKind.INITIAL)))

    assert (job.status, job.error_code) == (SyncStatus.RUNNING, "BAD_MARKET_LIST")
    assert set(wire.client.markets) == before
    await assert_nothing_is_amiss(collector, pair, await collector.run(pair, JobRequest(SyncKind.FORWARD)), rows)


async def test_a_symbol_listed_since_is_found(collector: Collector) -> None:
    """A market list is only a day old, but a new listing is the first thing that people ask for."""
    await collector.run(await collector.add("binance"), JobRequest(SyncKind.FORWARD))
    rows = put_history(collector, "binance", "BRANDNEW/USDT")
    pair = await collector.add("binance", "BRANDNEW/USDT")

    job = await collector.run(pair, JobRequest(SyncKind.INITIAL))

    await assert_nothing_is_amiss(collector, pair, job, rows)


def in_two_seconds() -> str:
    at = system_clock() + timedelta(seconds=2)
    return f"{at:%a, %d %b %Y %H:%M:%S GMT}"


@pytest.mark.parametrize("retry_after", [lambda: "2", in_two_seconds], ids=["in seconds", "as a date"])
async def test_retry_after_is_honoured(collector: Collector, retry_after: Callable[[], str]) -> None:
    """By all that ask the exchange: the next request comes when it may, and soon after."""
    collector.market.clock = system_clock
    collector.use_clock(system_clock)
    pair = await collector.add("binance")
    await has(pair, list(collector.market.held("BTC/USDT", "1m"))[:-100])
    collector.loopback.faults.add("klines", slow_down("binance", retry_after()))

    job_id = await collector.ask(pair, JobRequest(SyncKind.FORWARD))
    async with tardiness() as late:
        await collector.work_off(job_id)

    first, second, *_ = [seen.at for seen in collector.loopback.requests if seen.path.endswith("klines")]
    least = 2.0 if retry_after() == "2" else 1.0  # dates leave out what has passed of their second
    assert least <= second - first <= 2.2 + late.worst
    assert (await SyncJob.get(id=job_id)).waited_seconds >= least - 0.1


async def test_times_without_end_are_no_times(collector: Collector) -> None:
    """Microseconds for milliseconds are refused before they become a date beyond all dates."""
    rows = put_history(collector, "binance", "MICRO/USDT")
    pair = await collector.add("binance", "MICRO/USDT")
    faulty = faults.rewritten(lambda body: [[row[0] * 1_000, *row[1:]] for row in body])
    collector.loopback.faults.add("klines", faulty)

    job = await collector.run(pair, JobRequest(SyncKind.INITIAL))

    assert job.retries == 1
    await assert_nothing_is_amiss(collector, pair, job, rows)
