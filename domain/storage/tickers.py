"""Symbols as charts look them up, each with all the intervals that are kept of it."""

from dataclasses import dataclass
from typing import Final

from asyncpg import Record

from domain.database import connection
from domain.interval import Interval, interval
from domain.storage.filters import is_keepable


@dataclass(frozen=True, slots=True)
class Ticker:
    """`name` is unique in this installation."""

    exchange: str
    symbol: str
    quote: str
    intervals: tuple[Interval, ...]
    series: tuple[int, ...]

    @property
    def name(self) -> str:
        return f"{self.exchange}:{self.symbol}"


@dataclass(frozen=True, slots=True)
class Precision:
    """Most digits behind the point, without zeros at the end, of the newest candles; None where there are none."""

    price: int | None
    volume: int | None


_TICKERS: Final = """
SELECT e.name, p.symbol, p.quote, array_agg(t.interval), array_agg(p.series)
FROM coin_exchanges AS p
JOIN exchanges AS e ON e.id = p.exchange_id
JOIN timeframes AS t ON t.id = p.timeframe_id
"""
_GROUP: Final = "GROUP BY e.name, p.symbol, p.quote"
_NAME: Final = "e.name || ':' || p.symbol"


def _joined(text: str) -> str:
    """In capitals and without its slash, as people type symbols into charts."""
    return f"replace(upper({text}), '/', '')"


_NAMED: Final = f"""{_TICKERS}
WHERE {_joined("$1")} IN ({_joined(_NAME)}, {_joined("p.symbol")})
{_GROUP}
ORDER BY {_NAME} = $1 DESC, p.symbol = $1 DESC, upper($1) IN (upper({_NAME}), upper(p.symbol)) DESC, e.name, p.symbol
LIMIT 1
"""


async def find(name: str) -> Ticker | None:
    """By its name, or by its symbol alone, in any case and without the slash, too."""
    if not is_keepable(name):
        return None
    async with connection() as db:
        row = await db.fetchrow(_NAMED, name)
    return _ticker(row) if row else None


_SEARCH: Final = f"""{_TICKERS}
WHERE (strpos(upper({_NAME}), upper($1)) > 0 OR strpos({_joined(_NAME)}, upper($1)) > 0) AND ($2 = '' OR e.name = $2)
{_GROUP}
ORDER BY starts_with(upper(p.symbol), upper($1)) OR starts_with({_joined("p.symbol")}, upper($1)) DESC, p.symbol, e.name
LIMIT $3
"""


async def search(part: str, exchange: str, limit: int) -> list[Ticker]:
    """Those that contain a text, in any case, on one exchange or, without a name, on all; prefixes first."""
    if not (is_keepable(part) and is_keepable(exchange)):
        return []
    async with connection() as db:
        return [_ticker(row) for row in await db.fetch(_SEARCH, part, exchange, limit)]


def _ticker(row: Record) -> Ticker:
    exchange, symbol, quote, intervals, series = row
    return Ticker(exchange, symbol, quote, tuple(map(interval, intervals)), tuple(series))


_PRECISION: Final = """
SELECT
    max(greatest(
        scale(trim_scale(c.open)), scale(trim_scale(c.high)), scale(trim_scale(c.low)), scale(trim_scale(c.close))
    )),
    max(scale(trim_scale(c.volume)))
FROM unnest($1::int[]) AS s (series)
CROSS JOIN LATERAL (SELECT * FROM candles WHERE series = s.series ORDER BY timestamp DESC LIMIT 500) AS c
"""


async def precision(ticker: Ticker) -> Precision:
    async with connection() as db:
        price, volume = await db.fetchrow(_PRECISION, list(ticker.series)) or (None, None)
    return Precision(price, volume)
