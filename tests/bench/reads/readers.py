"""Who serves ranges of candles, and how each is asked for the same one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from tests.bench.reads.database import Database
from tests.bench.reads.message import get, graphql
from tests.bench.reads.rows import exchange_of, series_of, symbol_of
from tests.bench.reads.window import Window, iso

CANDELABRA: Final = "Candelabra"
POSTGRAPHILE: Final = "PostGraphile 5"
STOCK: Final = "stock Strawberry"
PLAIN: Final = "`json_agg` from Starlette"
CONSTANT: Final = "constant body from Starlette"

FIELDS: Final = "timestamp open high low close volume"

_CANDELABRA: Final = (
    "query ($exchange: String!, $symbol: String!, $from: DateTime!, $to: DateTime!) { "
    'candles(exchange: $exchange, symbol: $symbol, interval: "1m", from: $from, to: $to) { nodes { ' + FIELDS + " } } }"
)
_STOCK: Final = (
    "query ($series: Int!, $from: DateTime!, $to: DateTime!) { "
    "candles(series: $series, from: $from, to: $to) { " + FIELDS + " } }"
)
_POSTGRAPHILE: Final = (
    "query ($series: Int!, $from: Datetime!, $to: Datetime!) { "
    "candlesBetween(series: $series, from: $from, to: $to) { nodes { " + FIELDS + " } } }"
)
_STORED: Final = """
SELECT timestamp, open, high, low, close, volume FROM candles
WHERE series = $1 AND timestamp >= $2 AND timestamp < $3 ORDER BY timestamp
"""


@dataclass(frozen=True)
class Reader:
    """`rows` finds the candles in an answer's JSON."""

    name: str
    port: int
    request: Callable[[Window], bytes]
    rows: Callable[[Any], Sequence[Any]]

    def candles(self, answer: Any) -> list[tuple[Any, ...]]:
        return [candle(row) for row in self.rows(answer)]


def candelabra(port: int, name: str = CANDELABRA) -> Reader:
    def request(window: Window) -> bytes:
        names = {"exchange": exchange_of(window.pair), "symbol": symbol_of(window.pair)}
        return graphql(_CANDELABRA, **names, **_times(window))

    return Reader(name, port, request, lambda answer: answer["data"]["candles"]["nodes"])


def stock(port: int) -> Reader:
    def request(window: Window) -> bytes:
        return graphql(_STOCK, series=series_of(window.pair), **_times(window))

    return Reader(STOCK, port, request, lambda answer: answer["data"]["candles"])


def postgraphile(port: int) -> Reader:
    def request(window: Window) -> bytes:
        return graphql(_POSTGRAPHILE, series=series_of(window.pair), **_times(window))

    return Reader(POSTGRAPHILE, port, request, lambda answer: answer["data"]["candlesBetween"]["nodes"])


def plain(port: int) -> Reader:
    def request(window: Window) -> bytes:
        times = _times(window)
        return get(f"/candles?series={series_of(window.pair)}&from={times['from']}&to={times['to']}")

    return Reader(PLAIN, port, request, lambda answer: answer)


def constant(port: int, like: Reader) -> Reader:
    """What always answers as another one did once."""
    return Reader(CONSTANT, port, lambda _: get("/constant"), like.rows)


def candle(row: Any) -> tuple[Any, ...]:
    """The same for everyone's way to write times and numbers."""
    numbers = (Decimal(row[name]) for name in FIELDS.split()[1:])
    return datetime.fromisoformat(str(row["timestamp"])), *numbers


def stored(database: Database, window: Window) -> list[tuple[Any, ...]]:
    """What PostgreSQL itself says."""
    rows = database.fetch(_STORED, series_of(window.pair), window.start, window.end)
    return [tuple(row) for row in rows]


def _times(window: Window) -> dict[str, str]:
    return {"from": iso(window.start), "to": iso(window.end)}
