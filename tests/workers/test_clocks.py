"""A wrong clock on this machine costs time, never truth: a candle is kept once it has closed at the exchange, too."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Final

import pytest

from domain.clock import instant, milliseconds
from domain.interval import interval
from domain.models import PairStatus, SyncKind, SyncStatus
from domain.storage.jobs import JobRequest
from domain.timerange import TimeRange
from tests.exchange.made_up import contiguous
from tests.workers.conftest import MINUTE, Collector
from tests.workers.test_dialects import HABITS
from workers.exchange_clock import ExchangeClock
from workers.jobs import schedule

AHEAD: Final = [timedelta(seconds=90), timedelta(minutes=7), timedelta(hours=3)]
BEHIND: Final = [-skew for skew in AHEAD]


def set_wrong(collector: Collector, skew: timedelta) -> None:
    collector.use_clock(lambda: collector.market.now() + skew)


async def assert_true(collector: Collector, pair_of: str, skew: timedelta, kind: SyncKind) -> None:
    """Everything stored is final, and nothing is claimed of what had not closed on both clocks."""
    pair = await collector.add(pair_of)
    job = await collector.run(pair, JobRequest(kind))
    closed = list(collector.market.closed("BTC/USDT", "1m"))
    both = min(collector.market.now(), collector.market.now() + skew)

    assert job.status is SyncStatus.SUCCEEDED, job.error_message
    stored = await collector.stored(pair)
    [covered] = await collector.covered(pair)
    assert covered.end <= MINUTE.floor(both)
    assert stored == [row for row in closed if covered.start <= instant(row[0]) < covered.end]
    assert MINUTE.slots_between(covered.end, both) <= 2


@pytest.mark.parametrize("exchange", HABITS)
async def test_a_clock_that_is_ahead_stores_no_forming_candle(collector: Collector, exchange: str) -> None:
    """Neither the forming one nor minutes that have not begun, on a first meeting with any exchange."""
    set_wrong(collector, timedelta(minutes=7))
    await assert_true(collector, exchange, timedelta(minutes=7), SyncKind.FORWARD)


@pytest.mark.parametrize("kind", [SyncKind.FORWARD, SyncKind.INITIAL])
@pytest.mark.parametrize("skew", [*AHEAD, *BEHIND], ids=str)
async def test_a_wrong_clock_stores_nothing_false(collector: Collector, skew: timedelta, kind: SyncKind) -> None:
    """By minutes or hours, in either direction."""
    set_wrong(collector, skew)
    await assert_true(collector, "binance", skew, kind)


async def test_a_pair_stays_current_on_a_clock_that_is_ahead(collector: Collector) -> None:
    """It is due when its next candle closes at the exchange, not over and over because ours says that it has closed."""
    skew = timedelta(minutes=7)
    set_wrong(collector, skew)
    pair = await collector.add("binance")
    await collector.run(pair, JobRequest(SyncKind.FORWARD))
    upcoming = instant(collector.market.held("BTC/USDT", "1m")[-1][0] + 60_000)
    collector.market.put("BTC/USDT", "1m", contiguous(MINUTE, upcoming, 5))

    await pair.refresh_from_db()
    assert pair.status is PairStatus.SYNCED
    assert pair.due_at
    assert abs(pair.due_at - MINUTE.next(collector.market.now()) - skew) <= timedelta(seconds=2)
    collector.advance(timedelta(minutes=2))
    await schedule.forward(collector.tick("forward"))
    job = await collector.finish(await collector.ask(pair, JobRequest(SyncKind.FORWARD)))

    assert job.candles_written == 2
    assert (await collector.stored(pair))[-1] == collector.market.closed("BTC/USDT", "1m")[-1]


async def test_a_candle_off_the_grid_is_kept_when_it_has_closed(collector: Collector) -> None:
    """A 4h candle that opened two hours late is still forming when its slot is over."""
    step = interval("4h")
    slot: datetime = step.floor(collector.market.now())
    rows = [(row[0] + 7_200_000, *row[1:]) for row in contiguous(step, step.shift(slot, -20), 20)]
    late = instant(rows[-1][0])
    collector.market.put("BTC/USDT", "4h", rows)
    collector.market.clock = lambda: late + timedelta(hours=3, minutes=1)
    collector.use_clock(collector.market.clock)
    pair = await collector.add("binance", "BTC/USDT", "4h")
    job = await collector.run(pair, JobRequest(SyncKind.RANGE, step.shift(slot, -20), slot))

    assert job.status is SyncStatus.SUCCEEDED, job.error_message
    assert await collector.stored(pair) == rows[:-1]
    assert await collector.covered(pair) == [TimeRange(step.shift(slot, -20), step.shift(slot, -1))]

    collector.market.clock = lambda: late + timedelta(hours=4)
    collector.use_clock(collector.market.clock)
    await collector.run(pair, JobRequest(SyncKind.FORWARD))
    assert await collector.stored(pair) == rows


NOON: Final = datetime(2026, 11, 22, 12, tzinfo=UTC)


def heard(ours: datetime, date: str) -> ExchangeClock:
    """The clock after one answer with that Date header, which took a fifth of a second."""
    later = count()
    clock = ExchangeClock("here", lambda: ours + next(later) * timedelta(seconds=0.2))
    clock.hear({"Date": date}, ours)
    return clock


def test_what_a_date_header_leaves_out_is_no_difference() -> None:
    """It has no fractions of a second, and the answer takes its time: clocks that agree are left alone."""
    ours = NOON + timedelta(seconds=0.9)
    clock = heard(ours, "Sun, 22 Nov 2026 12:00:00 GMT")

    assert clock() >= ours
    assert clock.theirs() >= ours
    assert clock.answered_at == NOON


def test_only_a_clock_that_is_ahead_is_put_back(caplog: pytest.LogCaptureFixture) -> None:
    """One that is behind shows what has closed on both; either way somebody is told."""
    ahead = heard(NOON + timedelta(minutes=5), "Sun, 22 Nov 2026 12:00:00 GMT")
    behind = heard(NOON - timedelta(minutes=5), "Sun, 22 Nov 2026 12:00:00 GMT")

    assert abs(ahead() - NOON) <= timedelta(seconds=2)
    assert abs(behind() - NOON + timedelta(minutes=5)) <= timedelta(seconds=2)
    assert abs(behind.theirs() - NOON) <= timedelta(seconds=2)
    assert [record.args[1] for record in caplog.records if isinstance(record.args, tuple)] == ["ahead of", "behind"]


@pytest.mark.parametrize("header", ["", "yesterday", "Sun, 99 Nov 2026 12:00:00 GMT"])
def test_an_exchange_that_does_not_tell_the_time_is_met_with_our_own(header: str) -> None:
    """Nor does one that tells nonsense."""
    assert heard(NOON, header).answered_at == NOON
    assert milliseconds(heard(NOON, header)()) >= milliseconds(NOON)
