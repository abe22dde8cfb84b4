"""The query of a dashboard: pairs with exchange, coin and latest candle."""

from collections.abc import Callable
from itertools import repeat
from typing import Any, Final

from tests.bench.reads import readers
from tests.bench.reads.contender import Contender
from tests.bench.reads.database import Database
from tests.bench.reads.message import graphql

PAIRS: Final = 20

_CANDELABRA: Final = f"""{{
  pairs(first: {PAIRS}) {{
    nodes {{ symbol exchange {{ name }} coin {{ symbol name }} latestCandle {{ {readers.FIELDS} }} }}
  }}
}}"""
_POSTGRAPHILE: Final = f"""{{
  pairs: allCoinExchanges(first: {PAIRS}) {{
    nodes {{
      symbol exchange: exchangeByExchangeId {{ name }} coin: coinByCoinId {{ symbol name }}
      latestCandle {{ {readers.FIELDS} }}
    }}
  }}
}}"""
_STORED: Final = """
SELECT p.symbol, e.name, c.symbol AS coin, c.name AS coin_name, l.*
FROM coin_exchanges AS p
JOIN exchanges AS e ON e.id = p.exchange_id
JOIN coins AS c ON c.id = p.coin_id
CROSS JOIN LATERAL (
    SELECT timestamp, open, high, low, close, volume FROM candles
    WHERE series = p.series ORDER BY timestamp DESC LIMIT 1
) AS l
"""


def candelabra(port: int, database: Database, seconds: float) -> Contender[str]:
    return _contender(readers.CANDELABRA, port, _CANDELABRA, database, seconds)


def postgraphile(port: int, database: Database, seconds: float) -> Contender[str]:
    return _contender(readers.POSTGRAPHILE, port, _POSTGRAPHILE, database, seconds)


def _contender(name: str, port: int, query: str, database: Database, seconds: float) -> Contender[str]:
    """The order of pairs is everyone's own; the database has no more of them than are asked for."""
    request = graphql(query)
    expected: Callable[[str], object] = lambda _: {tuple(row) for row in database.fetch(_STORED)}  # noqa: E731
    return Contender(name, port, repeat("pairs"), lambda _: request, _rows, expected, seconds)


def _rows(answer: Any) -> set[tuple[object, ...]]:
    return {_row(pair) for pair in answer["data"]["pairs"]["nodes"]}


def _row(pair: Any) -> tuple[object, ...]:
    names = pair["symbol"], pair["exchange"]["name"], pair["coin"]["symbol"], pair["coin"]["name"]
    return *names, *readers.candle(pair["latestCandle"])
