"""Finding the series of candles of a symbol."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple, Self
from uuid import UUID

from domain.database import connection
from domain.interval import Interval, interval
from domain.records import Pair, SeriesVersion
from domain.storage.filters import is_keepable


class MarketName(NamedTuple):
    """Names of an exchange of this installation and of a symbol there, whether or not they exist."""

    exchange: str
    symbol: str


@dataclass(frozen=True, slots=True)
class Series:
    """A pair as far as reading its candles goes. Its `version` rises with each change of its candles or its coverage.

    `covered_until` is where its coverage ends; None where nothing is covered.
    """

    pair_id: UUID
    number: int
    interval: Interval
    version: int
    covered_until: datetime | None

    @classmethod
    def of(cls, pair: Pair) -> Self:
        """As it stood when the pair was read."""
        covered_until = pair.covered[-1].end if pair.covered else None
        return cls(pair.id, pair.series, interval(pair.timeframe.interval), pair.version, covered_until)

    @property
    def known(self) -> SeriesVersion:
        return SeriesVersion(self.number, self.version)


_OF_MARKETS: Final = """
SELECT e.name, p.symbol, p.id, p.series, t.interval, p.version, upper(p.covered)
FROM unnest($1::text[], $2::text[]) AS m (exchange, symbol)
JOIN exchanges AS e ON e.name = m.exchange
JOIN coin_exchanges AS p ON p.exchange_id = e.id AND p.symbol = m.symbol
JOIN timeframes AS t ON t.id = p.timeframe_id
"""


async def of_markets(markets: Sequence[MarketName]) -> dict[MarketName, list[Series]]:
    """By one statement; a market has a series an interval, and is not in the answer where it has none."""
    named = [market for market in markets if is_keepable(market.exchange) and is_keepable(market.symbol)]
    async with connection() as db:
        rows = await db.fetch(_OF_MARKETS, [name.exchange for name in named], [name.symbol for name in named])
    found: dict[MarketName, list[Series]] = {}
    for exchange, symbol, pair_id, number, step, version, covered_until in rows:
        one = Series(pair_id, number, interval(step), version, covered_until)
        found.setdefault(MarketName(exchange, symbol), []).append(one)
    return found


_OF_SYMBOL: Final = """
SELECT e.name, p.id, p.series, t.interval, p.version, upper(p.covered)
FROM coin_exchanges AS p
JOIN exchanges AS e ON e.id = p.exchange_id
JOIN timeframes AS t ON t.id = p.timeframe_id
WHERE p.symbol = $1
ORDER BY e.name
"""


async def of_symbol(symbol: str) -> dict[str, list[Series]]:
    """By the names of the exchanges, in their order."""
    if not is_keepable(symbol):
        return {}
    async with connection() as db:
        rows = await db.fetch(_OF_SYMBOL, symbol)
    found: dict[str, list[Series]] = {}
    for exchange, pair_id, number, step, version, covered_until in rows:
        found.setdefault(exchange, []).append(Series(pair_id, number, interval(step), version, covered_until))
    return found
