"""What is measured, and what is aimed at."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import repeat
from typing import Final

from tests.bench.reads import columns, dashboard, readers, resampling
from tests.bench.reads.aim import Aim
from tests.bench.reads.arena import Arena
from tests.bench.reads.contender import Contender
from tests.bench.reads.contest import Contest, Named, Pace, milliseconds
from tests.bench.reads.database import Database
from tests.bench.reads.readers import CONSTANT, PLAIN, POSTGRAPHILE, STOCK, Reader
from tests.bench.reads.window import Window, anywhere, never_twice

PAGE: Final = 1_000  # candles


def contests(arena: Arena, pace: Pace) -> Iterator[Contest]:
    yield _cold(arena, pace, PAGE, {STOCK: 20, POSTGRAPHILE: 5, PLAIN: 1.2})
    yield _cold(arena, pace, 100, {POSTGRAPHILE: 3})
    yield _cold(arena, pace, columns.CANDLES, {POSTGRAPHILE: 8})
    yield _hot(arena, pace)
    yield _dashboard(arena, pace)
    yield _columns(arena, pace)
    yield _growth(arena, pace)
    yield from (_resampling(arena, pace, interval) for interval in ("1d", "1h"))


def _cold(arena: Arena, pace: Pace, candles: int, aims: dict[str, float]) -> Contest:
    """Ranges at random over more rows than any cache holds."""
    present = [arena.candelabra, *(reader for reader in arena.others if reader.name in aims)]
    contenders = [
        _ranges(reader, arena.large, anywhere(arena.large_rows, candles, seed), pace)
        for seed, reader in enumerate(present)
    ]
    return Contest(f"{candles:,} candles, cold", contenders, [Aim(*aim) for aim in aims.items()])


def _hot(arena: Arena, pace: Pace) -> Contest:
    """The same range every time."""
    present = [arena.candelabra, arena.constant, *(reader for reader in arena.others if reader.name == POSTGRAPHILE)]
    contenders = [_ranges(reader, arena.large, repeat(arena.hot), pace) for reader in present]
    return Contest(f"{PAGE:,} candles, hot", contenders, [Aim(POSTGRAPHILE, 15), Aim(CONSTANT, 0.35)])


def _dashboard(arena: Arena, pace: Pace) -> Contest:
    ours = dashboard.candelabra(arena.candelabra.port, arena.large, pace.seconds)
    theirs = [
        dashboard.postgraphile(reader.port, arena.large, pace.seconds)
        for reader in arena.others
        if reader.name == POSTGRAPHILE
    ]
    what = f"dashboard: {dashboard.PAIRS} pairs with exchange, coin, latest candle"
    return Contest(what, [ours, *theirs], [Aim(POSTGRAPHILE, 1)])


def _columns(arena: Arena, pace: Pace) -> Contest:
    port, rows = arena.candelabra.port, arena.large_rows
    series = columns.series(port, arena.large, rows, pace.seconds, seed=10)
    candles = _ranges(arena.candelabra, arena.large, anywhere(rows, columns.CANDLES, seed=11), pace)
    what = f"`series` instead of `candles`, {columns.CANDLES:,} candles, cold"
    return Contest(what, [series, candles], [Aim(candles.name, 1)])


def _growth(arena: Arena, pace: Pace) -> Contest:
    """One request after the other, each for rows that were not asked for before: a table's size is what differs."""
    most = arena.small_rows.candles // PAGE // (pace.rounds + 1) - 1
    places = [(arena.candelabra.port, arena.large, arena.large_rows), (arena.small_port, arena.small, arena.small_rows)]
    contenders = [
        replace(
            _ranges(readers.candelabra(port, f"{rows.candles:,} rows"), database, never_twice(rows, PAGE, seed), pace),
            measure=lambda turn: turn.p50,
            connections=1,
            most=most,
        )
        for seed, (port, database, rows) in enumerate(places)
    ]
    target = Aim(contenders[1].name, 1.3, is_most=True)
    return Contest(f"{PAGE:,} candles of {contenders[0].name}, p50", contenders, [target], milliseconds)


def _resampling(arena: Arena, pace: Pace, interval: str) -> Contest:
    rows, database = arena.large_rows, arena.large
    # Of a small table three quarters, so that there is more than one place to begin.
    days = min(resampling.DAYS, rows.minutes * 3 // 4 // resampling.DAY)
    windows = [resampling.whole_days(rows, days, seed) for seed in (20, 21)]
    port = arena.candelabra.port
    contenders: list[Named] = [
        resampling.candelabra(port, database, interval, windows[0], pace.seconds),
        resampling.Statements(database, interval, windows[1], pace.seconds),
    ]
    aim = Aim(resampling.SQL, 1.2, is_most=True)
    return Contest(f"{days} days of 1m as {interval}, p50", contenders, [aim], milliseconds)


def _ranges(reader: Reader, database: Database, windows: Iterator[Window], pace: Pace) -> Contender[Window]:
    def expected(window: Window) -> object:
        return readers.stored(database, window)

    return Contender(reader.name, reader.port, windows, reader.request, reader.candles, expected, pace.seconds)
