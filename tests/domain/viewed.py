"""Views the slow and obvious way, over histories with every peculiarity, to compare what PostgreSQL reads with."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import groupby

from hypothesis import strategies as st

from domain.candle import Candle
from domain.database import connection
from domain.interval import Interval, interval
from domain.records import Pair
from domain.storage import pairs, timeframes, views
from domain.timerange import TimeRange
from domain.view import View, ViewedCandle
from tests import factories

MOMENT = timedelta(microseconds=1)
EVER = TimeRange(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
SLOTS = 150
LONG_AFTER = datetime(2040, 1, 1, tzinfo=UTC)

# A Friday shortly before a leap day: weeks, months and quarters begin inside any history that starts here.
BEGINNING = datetime(2024, 2, 23, tzinfo=UTC)


@dataclass(frozen=True)
class History:
    """What is stored of a series, and what is known of it at an instant."""

    candles: Sequence[Candle]
    covered: Sequence[TimeRange]
    now: datetime


def candle(at: datetime, prices: str = "5 9 1 6", volume: str = "1") -> Candle:
    """Prices in the order of their names."""
    opened, high, low, close = prices.split()
    return Candle(at, opened, high, low, close, volume)


def every_row(history: History, view: View, within: TimeRange = EVER) -> list[ViewedCandle]:
    """All rows of a range, oldest first."""
    unfilled = list(_buckets(history, view)) if view.is_resampled else [_as_it_is(item) for item in history.candles]
    filled = _filled(history, view) if view.is_filled else ()
    every = sorted([*unfilled, *filled], key=lambda row: row.timestamp)
    return [row for row in every if within.start <= row.timestamp < within.end]


def _as_it_is(item: Candle) -> ViewedCandle:
    prices = item.open, item.high, item.low, item.close
    return ViewedCandle(item.timestamp, *prices, item.volume, is_complete=True, is_filled=False)


def _buckets(history: History, view: View) -> Iterator[ViewedCandle]:
    for opens, group in groupby(history.candles, key=lambda item: view.step.floor(item.timestamp)):
        parts = list(group)
        yield ViewedCandle(
            opens,
            parts[0].open,
            str(max(Decimal(part.high) for part in parts)),
            str(min(Decimal(part.low) for part in parts)),
            parts[-1].close,
            str(sum(Decimal(part.volume) for part in parts)),
            is_complete=_is_known(history, opens, view.step.next(opens)),
            is_filled=False,
        )


def _filled(history: History, view: View) -> Iterator[ViewedCandle]:
    taken = {view.step.floor(item.timestamp) for item in history.candles}
    for opens in sorted(set(_covered_slots(history, view.step)) - taken):
        before = [item.close for item in history.candles if item.timestamp < opens]
        if before:
            close = before[-1]
            yield ViewedCandle(opens, close, close, close, close, "0", is_complete=True, is_filled=True)


def _covered_slots(history: History, step: Interval) -> Iterator[datetime]:
    for covered in history.covered:
        opens = step.ceil(covered.start)
        while _is_known(history, opens, step.next(opens)):
            yield opens
            opens = step.next(opens)


def _is_known(history: History, opens: datetime, closes: datetime) -> bool:
    return closes <= history.now and any(part.start <= opens and closes <= part.end for part in history.covered)


async def store(history: History, pair: Pair) -> None:
    """Replaces what is stored of the pair."""
    values = [(pair.series, item.timestamp, *numbers(item)) for item in history.candles]
    async with connection() as db:
        await db.execute("DELETE FROM candles WHERE series = $1", pair.series)
        await db.executemany("INSERT INTO candles VALUES ($1, $2, $3, $4, $5, $6, $7)", values)
    await factories.cover(pair, *history.covered)


async def stored(history: History, step: str) -> Pair:
    """The only pair at an interval, with that history."""
    pair = await pairs.find("binance", "BTC/USDT", step)
    if pair is None:
        await timeframes.seed([interval(step)])
        pair = await factories.pair(step=step)
    await store(history, pair)
    return pair


@dataclass(frozen=True)
class Reader:
    """A view of a stored history through PostgreSQL."""

    pair: Pair
    view: View
    now: datetime

    async def read(self, within: TimeRange, limit: int, *, is_newest: bool = False) -> list[ViewedCandle]:
        async with connection() as db:
            return await views.read(db, self.pair.series, self.view, within, limit, is_newest=is_newest, now=self.now)

    async def count(self, within: TimeRange) -> int:
        async with connection() as db:
            return await views.count(db, self.pair.series, self.view, within, now=self.now)

    async def exist(self, earlier: TimeRange | None, later: TimeRange | None = None) -> tuple[bool, bool]:
        async with connection() as db:
            return await views.exist(db, self.pair.series, self.view, earlier, later, now=self.now)

    async def forward(self, within: TimeRange, size: int) -> list[ViewedCandle]:
        """All rows, page by page from the oldest."""
        seen: list[ViewedCandle] = []
        rest: TimeRange | None = within
        while rest and (page := await self.read(rest, size)):
            seen += page
            rest = TimeRange.of(page[-1].timestamp + MOMENT, within.end)
        return seen

    async def backward(self, within: TimeRange, size: int) -> list[ViewedCandle]:
        """All rows, page by page from the newest."""
        seen: list[ViewedCandle] = []
        rest: TimeRange | None = within
        while rest and (page := await self.read(rest, size, is_newest=True)):
            seen = page + seen
            rest = TimeRange.of(within.start, page[0].timestamp)
        return seen


def numbers(item: Candle) -> tuple[Decimal, ...]:
    """Open, high, low, close and volume, whatever zeros stand at the end of their decimals."""
    return tuple(Decimal(text) for text in (item.open, item.high, item.low, item.close, item.volume))


def exact(rows: Sequence[ViewedCandle]) -> list[tuple[object, ...]]:
    """Rows by their values."""
    return [(row.timestamp, *numbers(row), row.is_complete, row.is_filled) for row in rows]


async def agrees(history: History, view: View, within: TimeRange, limit: int) -> None:
    """Asserts that PostgreSQL sees in a range what is there, however it is asked."""
    pair = await stored(history, view.stored.text)
    reader, expected = Reader(pair, view, history.now), every_row(history, view, within)
    middle = expected[len(expected) // 2].timestamp if expected else within.start

    assert exact(await reader.read(within, limit)) == exact(expected[:limit])
    assert exact(await reader.read(within, limit, is_newest=True)) == exact(expected[max(0, len(expected) - limit) :])
    assert exact(await reader.forward(within, limit + 1)) == exact(expected)
    assert exact(await reader.backward(within, limit + 1)) == exact(expected)
    assert await reader.count(within) == len(expected)
    parts = TimeRange.of(within.start, middle), TimeRange.of(middle + MOMENT, within.end)
    assert await reader.exist(*parts) == tuple(bool(part and every_row(history, view, part)) for part in parts)


_PRICES = st.lists(st.decimals("0.01", "99.99", places=2).map(str), min_size=4, max_size=4)


@st.composite
def histories(draw: st.DrawFn, step: Interval, slots: int) -> History:
    """Sparse candles, some off the grid by whole minutes, and covered ranges with gaps between them."""
    places = sorted(draw(st.sets(st.integers(0, slots - 1), max_size=min(slots, 30))))
    late = 0 if step.minutes == 1 else draw(st.integers(0, min(step.minutes, 40_000) - 1))
    candles = [candle(step.shift(BEGINNING, place), *_values(draw(_PRICES))) for place in places]
    off_grid = draw(st.sets(st.integers(0, slots - 1), max_size=2)) if late else set()
    candles += [
        candle(step.shift(BEGINNING, place) + timedelta(minutes=late), *_values(draw(_PRICES))) for place in off_grid
    ]
    edges = sorted(draw(st.sets(st.integers(0, slots), max_size=6)))
    instants = [step.shift(BEGINNING, edge) for edge in edges]
    covered = [TimeRange(*pair) for pair in zip(instants[::2], instants[1::2], strict=False)]
    during = step.shift(BEGINNING, draw(st.integers(0, slots))) + timedelta(seconds=30)
    now = draw(st.sampled_from([during, LONG_AFTER]))
    return History(sorted(candles, key=lambda item: item.timestamp), covered, now)


def _values(prices: list[str]) -> tuple[str, str]:
    low, one, other, high = sorted(prices, key=Decimal)
    return f"{one} {high} {low} {other}", prices[0]


@st.composite
def ranges(draw: st.DrawFn, step: Interval, slots: int) -> TimeRange:
    """Anything from nothing to everything, with ends on the grid or off it."""
    ends = st.integers(-2, slots + 2).map(lambda place: step.shift(BEGINNING, place))
    beside = st.sampled_from([timedelta(), timedelta(), timedelta(minutes=7), -MOMENT])
    start, end = sorted(draw(ends) + draw(beside) for _ in range(2))
    return draw(st.sampled_from([TimeRange(start, end), TimeRange(start, end), TimeRange(EVER.start, end), EVER]))


def view(step: str, stored_at: str, *, is_filled: bool = False) -> View:
    return View(interval(step), interval(stored_at), is_filled)
