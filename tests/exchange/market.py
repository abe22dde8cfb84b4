"""A market that is told what to hold."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from domain.candle import Row
from domain.clock import Clock, milliseconds
from domain.interval import interval
from ops.sandbox.series import Symbol, Window, closing_ms


@dataclass
class SettableClock:
    at: datetime

    def __call__(self) -> datetime:
        return self.at

    def advance(self, by: timedelta) -> None:
        self.at += by


class MemoryMarket:
    """Explicit rows for each symbol and interval, shown as far as the clock has come.

    The row whose time is not over yet is shown flat at its open and without volume, so that keeping it is a mistake
    that the finished row gives away.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._symbols: dict[str, Symbol] = {}
        self._rows: dict[tuple[str, str], list[Row]] = {}

    def now(self) -> datetime:
        return self.clock()

    def symbols(self) -> Sequence[Symbol]:
        return list(self._symbols.values())

    def rows(self, window: Window) -> Sequence[Row]:
        held = self._rows.get((window.symbol, window.interval.text), [])
        end_ms = min(window.end_ms, milliseconds(self.now()) + 1)
        start, end = bisect_left(held, (window.start_ms,)), bisect_left(held, (end_ms,))
        if window.newest:
            return self._shown(held[max(start, end - window.limit) : end], window)
        return self._shown(held[start : min(end, start + window.limit)], window)

    def put(self, symbol: str, timeframe: str, rows: Iterable[Row]) -> None:
        """Adds rows, replacing those of the same time, and lists the symbol if need be."""
        base, quote = symbol.split("/")
        self._symbols.setdefault(symbol, Symbol(base, quote))
        held = {row[0]: row for row in self.held(symbol, timeframe)}
        held |= {row[0]: row for row in rows}
        self._rows[symbol, timeframe] = sorted(held.values())

    def replace(self, symbol: str, timeframe: str, rows: Iterable[Row]) -> None:
        """From now on these rows and no others."""
        self._rows[symbol, timeframe] = sorted(rows)

    def held(self, symbol: str, timeframe: str) -> Sequence[Row]:
        """Every row, finished, whatever the clock shows."""
        return self._rows.get((symbol, timeframe), [])

    def retire(self, symbol: str) -> None:
        """Still listed, no longer traded."""
        self._symbols[symbol] = replace(self._symbols[symbol], is_active=False)

    def remove(self, symbol: str) -> None:
        """No longer listed."""
        del self._symbols[symbol]

    def closed(self, symbol: str, timeframe: str) -> Sequence[Row]:
        """The rows whose time is over."""
        now_ms = milliseconds(self.now())
        return [row for row in self.held(symbol, timeframe) if closing_ms(row[0], interval(timeframe)) <= now_ms]

    def _shown(self, rows: list[Row], window: Window) -> list[Row]:
        if not rows or closing_ms(rows[-1][0], window.interval) <= milliseconds(self.now()):
            return rows
        opens_ms, opened, *_ = rows[-1]
        return [*rows[:-1], (opens_ms, opened, opened, opened, opened, "0")]
