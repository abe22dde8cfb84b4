"""What the made-up exchange lists."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from ops.sandbox.series import Symbol


@dataclass(frozen=True)
class Listing:
    """One symbol of the synthetic market.

    Prices are counted in ticks of which `ticks` make one unit of the quote, volumes in lots of which `lots` make one
    of the base; both are powers of ten. `quiet` is the share of the inner minutes of five that pass without a trade.
    """

    base: str
    quote: str
    listed: datetime
    price: float
    ticks: int
    daily_volume: int
    lots: int
    quiet: float
    delisted: datetime | None = None

    @property
    def symbol(self) -> Symbol:
        return Symbol(self.base, self.quote, is_active=self.delisted is None)


def _at(year: int, month: int, day: int, hour: int) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


LISTINGS: Final = (
    Listing("BTC", "USDT", _at(2021, 1, 4, 8), 38_000, 100, 24_000, 100_000, 0.01),
    Listing("ETH", "USDT", _at(2021, 1, 4, 8), 2_100, 100, 310_000, 10_000, 0.01),
    Listing("BNB", "USDT", _at(2021, 1, 11, 10), 340, 100, 420_000, 1_000, 0.03),
    Listing("SOL", "USDT", _at(2021, 2, 16, 6), 74, 100, 3_100_000, 1_000, 0.02),
    Listing("XRP", "USDT", _at(2021, 1, 4, 8), 0.71, 10_000, 190_000_000, 10, 0.02),
    Listing("ADA", "USDT", _at(2021, 3, 1, 9), 0.64, 10_000, 88_000_000, 10, 0.05),
    Listing("DOGE", "USDT", _at(2021, 4, 20, 12), 0.115, 100_000, 910_000_000, 1, 0.05),
    Listing("LTC", "USDT", _at(2021, 1, 4, 8), 98, 100, 260_000, 1_000, 0.08),
    Listing("DOT", "USDT", _at(2021, 5, 5, 7), 8.4, 1_000, 4_700_000, 100, 0.1),
    Listing("LINK", "USDT", _at(2021, 6, 9, 4), 13.2, 1_000, 3_900_000, 100, 0.1),
    Listing("SHIB", "USDT", _at(2021, 5, 10, 11), 0.0000143, 100_000_000, 5_200_000_000_000, 1, 0.15),
    Listing("ETH", "BTC", _at(2021, 1, 4, 8), 0.0552, 100_000, 38_000, 10_000, 0.2),
    Listing("WAVES", "BTC", _at(2021, 8, 2, 3), 0.000_123, 100_000_000, 61_000, 100, 0.6),
    Listing("EOS", "USDT", _at(2021, 1, 4, 8), 1.9, 10_000, 12_000_000, 10, 0.1, delisted=_at(2024, 11, 28, 3)),
)
