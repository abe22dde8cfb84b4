"""Candles made by PostgreSQL, as many as wanted."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

# Long past, so that nothing is still forming.
START: Final = datetime(2022, 1, 1, tzinfo=UTC)

_EXCHANGES: Final = 4

_ENTITIES: Final = """
INSERT INTO timeframes (interval, minutes) VALUES ('1m', 1) ON CONFLICT DO NOTHING;
INSERT INTO exchanges (name, adapter, rate_limit, timeout)
SELECT 'exchange' || n, 'binance', 50, 30000 FROM generate_series(0, {exchanges} - 1) AS n;
INSERT INTO coins (symbol, name)
SELECT 'C' || n, 'Coin ' || n FROM generate_series(0, ({pairs} - 1) / {exchanges}) AS n;
INSERT INTO coin_exchanges
    (series, coin_id, exchange_id, timeframe_id, symbol, quote, is_active, status, covered, listed_at)
SELECT n + 1, c.id, e.id, t.id, c.symbol || '/USDT', 'USDT', false, 2, tstzmultirange(tstzrange(
    timestamptz '{start}', timestamptz '{start}' + {minutes} * interval '1 minute')), timestamptz '{start}'
FROM generate_series(0, {pairs} - 1) AS n
JOIN exchanges AS e ON e.name = 'exchange' || n % {exchanges}
JOIN coins AS c ON c.symbol = 'C' || n / {exchanges}
JOIN timeframes AS t ON t.interval = '1m'
"""

# With eight decimals, as Binance sends them; no two pairs, and no two minutes near each other, have the same.
CANDLE: Final = """
timestamptz '{start}' + minute * interval '1 minute', price + 0.25, price + 1.75, price - 1.5, price + 0.5,
(minute * 7919 % 1000003 * 0.00013)::numeric(20, 8)
"""
PRICE: Final = "(20000 + series * 100 + minute * 37 % 100000 * 0.01)::numeric(20, 8)"

_CANDLES: Final = f"""
INSERT INTO candles SELECT series, {CANDLE}
FROM generate_series({{series}}, {{series}}) AS series, generate_series(0::bigint, {{minutes}} - 1) AS minute,
LATERAL (SELECT {PRICE} AS price) AS p
"""


@dataclass(frozen=True)
class Rows:
    """So many pairs with so many candles of a minute each, from START on."""

    pairs: int
    minutes: int

    @property
    def candles(self) -> int:
        return self.pairs * self.minutes

    def entities(self) -> str:
        """The statements that make the pairs and what they belong to."""
        return _ENTITIES.format(start=START.isoformat(), exchanges=_EXCHANGES, pairs=self.pairs, minutes=self.minutes)

    def statements(self) -> Iterator[str]:
        """What fills an empty database, a pair after the other as a backfill does."""
        yield self.entities()
        for number in range(self.pairs):
            yield _CANDLES.format(start=START.isoformat(), series=series_of(number), minutes=self.minutes)
        yield "VACUUM (ANALYZE)"
        yield "CHECKPOINT"


def series_of(pair: int) -> int:
    return pair + 1


def exchange_of(pair: int) -> str:
    return f"exchange{pair % _EXCHANGES}"


def symbol_of(pair: int) -> str:
    return f"C{pair // _EXCHANGES}/USDT"
