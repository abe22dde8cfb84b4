"""`series` against `candles`: the same rows as columns of numbers."""

from typing import Any, Final

from tests.bench.reads import readers
from tests.bench.reads.contender import Contender
from tests.bench.reads.database import Database
from tests.bench.reads.message import graphql
from tests.bench.reads.rows import Rows, exchange_of, symbol_of
from tests.bench.reads.window import Window, anywhere, iso

CANDLES: Final = 10_000  # a page, the most that is served at once

SERIES: Final = "Candelabra, series"

_COLUMNS: Final = readers.FIELDS.replace("timestamp", "time")
_QUERY: Final = (
    "query ($exchange: String!, $symbol: String!, $from: DateTime!, $to: DateTime!) { "
    f'series(exchange: $exchange, symbol: $symbol, interval: "1m", from: $from, to: $to, limit: {CANDLES}) '
    "{ " + _COLUMNS + " } }"
)


def series(port: int, database: Database, rows: Rows, seconds: float, seed: int) -> Contender[Window]:
    def expected(window: Window) -> object:
        return [(int(at.timestamp()), *map(float, numbers)) for at, *numbers in readers.stored(database, window)]

    return Contender(SERIES, port, anywhere(rows, CANDLES, seed), _request, _rows, expected, seconds)


def _request(window: Window) -> bytes:
    names = {"exchange": exchange_of(window.pair), "symbol": symbol_of(window.pair)}
    return graphql(_QUERY, **names, **{"from": iso(window.start), "to": iso(window.end)})


def _rows(answer: Any) -> list[tuple[object, ...]]:
    columns = answer["data"]["series"]
    return list(zip(*(columns[name] for name in _COLUMNS.split()), strict=True))
