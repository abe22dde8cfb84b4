"""What each exchange tells of its history, through CCXT as it is: all of it, or its newest part and not a word more."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import pytest

from domain.candle import Row
from domain.clock import instant, milliseconds
from domain.interval import Interval, interval
from domain.models import Pair, PairStatus, SyncKind, SyncStatus
from domain.storage.jobs import JobRequest
from domain.timerange import TimeRange
from tests import factories
from tests.exchange.dialects.registry import DIALECTS
from tests.exchange.made_up import contiguous, resampled, sparse, without
from tests.workers.conftest import MINUTE, Collector
from workers.dialects import Absence


@dataclass(frozen=True)
class Habit:
    """`page` is the number of candles that a request gets; `reach` how many closed ones are served, None for all."""

    page: int
    absence: Absence
    reach: int | None = None


HABITS: Final = {
    "binance": Habit(1_000, Absence.SKIPS_AHEAD),
    "bitfinex": Habit(10_000, Absence.SKIPS_AHEAD),
    "bitget": Habit(200, Absence.EMPTY),
    "bitstamp": Habit(1_000, Absence.EMPTY),
    "bybit": Habit(1_000, Absence.SKIPS_AHEAD),
    "coinbase": Habit(300, Absence.EMPTY),
    "coinbaseexchange": Habit(300, Absence.EMPTY),
    "cryptocom": Habit(300, Absence.EMPTY),
    "gate": Habit(1_000, Absence.EMPTY, reach=9_998),
    "gemini": Habit(1_440, Absence.NEWEST_ONLY, reach=1_439),
    "htx": Habit(1_000, Absence.SKIPS_AHEAD),
    "kraken": Habit(720, Absence.NEWEST_ONLY, reach=720),
    "kucoin": Habit(1_500, Absence.EMPTY),
    "mexc": Habit(500, Absence.EMPTY),
    "okx": Habit(300, Absence.EMPTY),
}
PARTIAL: Final = sorted(name for name, habit in HABITS.items() if habit.reach)


def put(collector: Collector, rows: list[Row], symbol: str = "BTC/USD") -> list[Row]:
    """Makes these minutes the whole history; gives the closed ones."""
    collector.market.put(symbol, "1m", [])
    collector.market.replace(symbol, "1m", rows)
    for step in ("1h", "1d"):
        collector.market.replace(symbol, step, resampled(rows, interval(step)))
    return list(collector.market.closed(symbol, "1m"))


def minutes(collector: Collector, count: int) -> list[Row]:
    """That many, the last of them forming."""
    now = collector.market.now()
    return contiguous(MINUTE, MINUTE.shift(now, 1 - count), count)


def span(rows: list[Row], step: Interval = MINUTE) -> TimeRange:
    return TimeRange(instant(rows[0][0]), step.next(instant(rows[-1][0])))


def served(rows: list[Row], exchange: str) -> list[Row]:
    reach = HABITS[exchange].reach
    return rows[-reach:] if reach else rows


def start_of_day(at: datetime) -> int:
    return milliseconds(interval("1d").floor(at))


async def listed_at(pair: Pair) -> datetime | None:
    await pair.refresh_from_db()
    return pair.listed_at


@pytest.mark.parametrize("exchange", sorted(HABITS.keys() - set(PARTIAL)))
async def test_a_window_inside_an_outage_is_covered_and_empty(collector: Collector, exchange: str) -> None:
    """Also a short one, to which some exchanges answer with the candles before it."""
    everything = minutes(collector, 200)
    gap = TimeRange(instant(everything[100][0]), instant(everything[150][0]))
    rows = put(collector, without(everything, gap.start, gap.end))
    pair = await collector.add(exchange, "BTC/USD")

    job = await collector.run(pair, JobRequest(SyncKind.RANGE, MINUTE.shift(gap.start, 9), MINUTE.shift(gap.start, 12)))

    assert job.status is SyncStatus.SUCCEEDED, job.error_message
    assert await collector.stored(pair) == []
    assert await collector.covered(pair) == [TimeRange(MINUTE.shift(gap.start, 9), MINUTE.shift(gap.start, 12))]
    assert await listed_at(pair) in {None, instant(rows[0][0])}


def test_every_dialect_is_here(collector: Collector) -> None:
    """The table is complete, and the product goes by it."""
    gateways = collector.worker.exchanges.gateways
    assert sorted(HABITS) == sorted(DIALECTS)
    for name, habit in HABITS.items():
        dialect = gateways[name].wire.dialect
        assert (dialect.page_limit, dialect.absence) == (habit.page, habit.absence)


@pytest.mark.parametrize("exchange", HABITS)
async def test_a_backfill_stores_what_the_exchange_has_digit_for_digit(collector: Collector, exchange: str) -> None:
    """INITIAL reaches back to the listing, or to the oldest candle that the exchange still serves, and says so."""
    rows = served(put(collector, minutes(collector, (HABITS[exchange].reach or 1_500) + 100)), exchange)
    pair = await collector.add(exchange, "BTC/USD")

    job = await collector.run(pair, JobRequest(SyncKind.INITIAL))

    assert job.status is SyncStatus.SUCCEEDED, job.error_message
    assert await collector.stored(pair) == rows
    assert await collector.covered(pair) == [span(rows)]
    assert await listed_at(pair) == instant(rows[0][0])
    assert (pair.status, pair.candle_count) == (PairStatus.SYNCED, len(rows))
    assert (job.candles_written, job.seconds_done) == (len(rows), job.seconds_planned)


@pytest.mark.parametrize("exchange", HABITS)
async def test_quiet_minutes_and_an_outage_longer_than_a_page_are_covered_and_empty(
    collector: Collector, exchange: str
) -> None:
    """What the exchange honestly lacks is told apart from what was never asked about."""
    everything = minutes(collector, 1_900)
    outage = TimeRange(instant(everything[300][0]), instant(everything[1_400][0]))
    holed = without(everything, outage.start, outage.end)
    rows = served(put(collector, [everything[0], *sparse(holed[1:-2], keep=0.7), *holed[-2:]]), exchange)
    pair = await collector.add(exchange, "BTC/USD")

    job = await collector.run(pair, JobRequest(SyncKind.INITIAL))

    assert job.status is SyncStatus.SUCCEEDED, job.error_message
    assert await collector.stored(pair) == rows
    assert await collector.covered(pair) == [span(rows)]
    assert await listed_at(pair) == instant(rows[0][0])


@pytest.mark.parametrize("exchange", HABITS)
async def test_every_interval_is_exact(collector: Collector, exchange: str) -> None:
    """Hours, days, weeks from Monday and calendar months, as far as CCXT and the exchange agree on what they are."""
    pair = await collector.add(exchange)
    await collector.run(pair, JobRequest(SyncKind.FORWARD))
    wire = collector.worker.exchanges.gateways[exchange].wire
    for text in [text for text in ("1h", "1d", "1w", "1M") if text in wire.intervals]:
        step = interval(text)
        rows = contiguous(step, step.shift(collector.market.now(), -40), 41)
        collector.market.replace("BTC/USD", "1d", rows[:1])
        collector.market.replace("BTC/USD", text, rows)
        pair = await collector.add(exchange, "BTC/USD", text)

        job = await collector.run(pair, JobRequest(SyncKind.RANGE, instant(rows[0][0]), collector.market.now()))

        assert job.status is SyncStatus.SUCCEEDED, f"{text}: {job.error_message}"
        assert await collector.stored(pair) == rows[:-1], text
        assert await collector.covered(pair) == [span(rows[:-1], step)], text


@pytest.mark.parametrize("exchange", sorted(HABITS.keys() - {"gate", "gemini", "kraken"}))
async def test_a_slot_with_two_candles_loses_none(collector: Collector, exchange: str) -> None:
    """After an outage a candle may open off the grid, and a page hold more than its slots: none falls off an end."""
    step = interval("1h")
    start = step.shift(collector.market.now(), -40)
    rows = contiguous(step, start, 41)
    late = [(row[0] + 1_800_000, *row[1:]) for row in (rows[10], rows[11])]
    collector.market.put("BTC/USD", "1h", [*rows, *late])
    collector.market.put("BTC/USD", "1d", [(start_of_day(start), *rows[0][1:])])
    pair = await collector.add(exchange, "BTC/USD", "1h")

    job = await collector.run(pair, JobRequest(SyncKind.RANGE, start, step.shift(start, 40)))

    assert job.status is SyncStatus.SUCCEEDED, job.error_message
    assert await collector.stored(pair) == sorted([*rows[:-1], *late])
    assert await collector.covered(pair) == [span(rows[:-1], step)]


@pytest.mark.parametrize("exchange", HABITS)
async def test_a_symbol_that_has_gone_fails_at_once(collector: Collector, exchange: str) -> None:
    """Delisted after the market list was loaded: told by its name in every dialect, with what is stored kept."""
    rows = put(collector, minutes(collector, 200))
    pair = await collector.add(exchange, "BTC/USD")
    await collector.run(pair, JobRequest(SyncKind.FORWARD))
    before = await collector.stored(pair)
    collector.market.remove("BTC/USD")

    job = await collector.run(pair, JobRequest(SyncKind.FORWARD))

    code = "EXCHANGE_REFUSED" if exchange == "gemini" else "UNKNOWN_SYMBOL"  # Gemini's words are those for any mistake
    assert (job.status, job.error_code, job.retries) == (SyncStatus.FAILED, code, 0), job.error_message
    assert before == await collector.stored(pair) == rows


@pytest.mark.parametrize("exchange", PARTIAL)
async def test_what_is_no_longer_served_is_not_claimed(collector: Collector, exchange: str) -> None:
    """After too long a pause a gap stays, which neither FORWARD nor REPAIR nor RANGE covers or takes for an error."""
    count = (HABITS[exchange].reach or 0) + 300
    rows = put(collector, minutes(collector, count))
    old, recent = rows[:100], served(rows, exchange)
    pair = await collector.add(exchange, "BTC/USD")
    await factories.candles(pair, [instant(row[0]) for row in old])
    await factories.cover(pair, span(old))
    stored = await collector.stored(pair)

    jobs = [await collector.run(pair, JobRequest(kind)) for kind in (SyncKind.FORWARD, SyncKind.REPAIR)]
    gap = TimeRange(instant(rows[120][0]), instant(rows[180][0]))
    jobs.append(await collector.run(pair, JobRequest(SyncKind.RANGE, gap.start, gap.end)))

    assert [job.status for job in jobs] == [SyncStatus.SUCCEEDED] * 3, [job.error_message for job in jobs]
    assert await collector.stored(pair) == [*stored, *recent]
    assert await collector.covered(pair) == [span(old), span(recent)]


@pytest.mark.parametrize("exchange", PARTIAL)
async def test_a_range_before_what_is_served_is_answered_with_what_is(collector: Collector, exchange: str) -> None:
    """The job succeeds without a candle, and the pair knows since when there are some."""
    count = (HABITS[exchange].reach or 0) + 300
    rows = put(collector, minutes(collector, count))
    pair = await collector.add(exchange, "BTC/USD")

    job = await collector.run(pair, JobRequest(SyncKind.RANGE, instant(rows[0][0]), instant(rows[90][0])))

    assert (job.status, job.candles_written) == (SyncStatus.SUCCEEDED, 0)
    assert await collector.covered(pair) == []
    assert await listed_at(pair) == instant(served(rows, exchange)[0][0])


async def test_a_horizon_that_moves_while_a_job_waits_is_kept(collector: Collector) -> None:
    """Gate refuses what is too old as if it were a mistake of ours; a long queue must not make a failure of that."""
    put(collector, minutes(collector, 10_500))
    collector.advance(timedelta(minutes=-20))
    pair = await collector.add("gate", "BTC/USD")
    job_id = await collector.ask(pair, JobRequest(SyncKind.INITIAL))
    collector.limit_slices_to_one_page()
    await collector.slice(job_id)
    collector.advance(timedelta(minutes=20))

    job = await collector.finish(job_id)

    assert job.status is SyncStatus.SUCCEEDED, job.error_message
    stored = await collector.stored(pair)
    assert stored == [row for row in collector.market.closed("BTC/USD", "1m") if row[0] >= stored[0][0]]
    assert await collector.covered(pair) == [span(stored)]
    assert 9_998 <= len(stored) < 10_400
