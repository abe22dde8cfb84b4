"""The work: which candles."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from domain.clock import milliseconds

PAGE: Final = 1_000  # candles that the exchange sends at once

# Long past, so that nothing in it is still forming.
_START: Final = datetime(2022, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Span:
    """So many candles of a minute each from a fixed instant on; a multiple of PAGE."""

    candles: int

    @property
    def start(self) -> datetime:
        return _START

    @property
    def end(self) -> datetime:
        return _START + timedelta(minutes=self.candles)

    @property
    def start_ms(self) -> int:
        return milliseconds(self.start)

    @property
    def end_ms(self) -> int:
        return milliseconds(self.end)

    @property
    def pages(self) -> int:
        return self.candles // PAGE
