"""A market that repeats one made-up day for ever, so that any number of candles costs nothing to keep."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from typing import Final

from domain.candle import Row
from domain.clock import EPOCH
from domain.interval import interval
from ops.sandbox.series import Symbol, Window
from tests.exchange.made_up import contiguous

MINUTE: Final = interval("1m")

_MINUTE_MS: Final = 60_000
_DAY: Final = 1_440  # minutes


@dataclass(frozen=True)
class DailyMarket:
    """Every symbol has the same candle for every minute; other intervals have none."""

    listed: Sequence[Symbol]

    def now(self) -> datetime:
        return datetime.now(UTC)

    def symbols(self) -> Sequence[Symbol]:
        return self.listed

    def rows(self, window: Window) -> Sequence[Row]:
        if window.interval != MINUTE:
            return []
        minutes = range(-(-window.start_ms // _MINUTE_MS), -(-self._end_ms(window) // _MINUTE_MS))
        asked = minutes[-window.limit :] if window.newest else minutes[: window.limit]
        return [(minute * _MINUTE_MS, *self._day[minute % _DAY]) for minute in asked]

    def _end_ms(self, window: Window) -> int:
        return min(window.end_ms, int(self.now().timestamp() * 1_000) + 1)

    @cached_property
    def _day(self) -> list[tuple[str, str, str, str, str]]:
        """Open, high, low, close and volume with eight decimals, as Binance sends them."""
        return [_numbers(row) for row in contiguous(MINUTE, EPOCH, _DAY, price="43250.12")]


def _numbers(row: Row) -> tuple[str, str, str, str, str]:
    opened, high, low, close, volume = (f"{Decimal(text):.8f}" for text in row[1:])
    return opened, high, low, close, volume
