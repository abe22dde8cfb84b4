"""OKX: newest first, both bounds exclusive, recent and older candles at different addresses."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from domain.candle import Row
from domain.clock import END_OF_TIME_MS
from domain.interval import Interval
from ops.sandbox.series import MarketData, Symbol, Window
from tests.exchange.dialects.query import find, integer, is_forming, timeframes

MOST_ROWS: Final = 300  # a page
RECENT: Final = 1_440  # candles that the address for recent ones reaches back

_USUAL_ROWS: Final = 100
_TIMEFRAMES: Final = timeframes(
    "1m 3m 5m 15m 30m 1H:1h 2H:2h 4H:4h 6Hutc:6h 12Hutc:12h 1Dutc:1d 1Wutc:1w 1Mutc:1M 3Mutc:3M"
)


def okx(market: MarketData) -> Starlette:
    dialect = _Okx(market)
    return Starlette(
        routes=[
            Route("/api/v5/public/instruments", dialect.instruments),
            Route("/api/v5/market/candles", dialect.candles),
            Route("/api/v5/market/history-candles", dialect.history_candles),
        ]
    )


@dataclass(frozen=True)
class _Okx:
    market: MarketData

    async def instruments(self, request: Request) -> Response:
        is_spot = request.query_params.get("instType") == "SPOT"
        return _data([_instrument(symbol) for symbol in self.market.symbols()] if is_spot else [])

    async def candles(self, request: Request) -> Response:
        return self._answer(request.query_params, recent=True)

    async def history_candles(self, request: Request) -> Response:
        return self._answer(request.query_params, recent=False)

    def _answer(self, query: Mapping[str, str], *, recent: bool) -> Response:
        symbol = find(self.market, query.get("instId"), _instrument_id)
        if symbol is None:
            return _refused("51001", "Instrument ID doesn't exist.")
        length = _TIMEFRAMES.get(query.get("bar", "1m"))
        if length is None:
            return _refused("51000", "Parameter bar error")
        rows = self._rows(symbol.name, length, query, recent=recent)
        return _data([self._rendered(row, length) for row in reversed(rows)])

    def _rows(self, symbol: str, length: Interval, query: Mapping[str, str], *, recent: bool) -> list[Row]:
        newer_than, older_than = integer(query, "before"), integer(query, "after")
        start_ms = 0 if newer_than is None else newer_than + 1
        if recent:
            start_ms = max(start_ms, self._horizon_ms(symbol, length))
        end_ms = END_OF_TIME_MS if older_than is None else older_than
        limit = min(integer(query, "limit") or _USUAL_ROWS, MOST_ROWS)
        rows = self.market.rows(Window(symbol, length, start_ms, end_ms, limit, newest=True))
        return [row for row in rows if recent or not is_forming(self.market, row[0], length)]

    def _horizon_ms(self, symbol: str, length: Interval) -> int:
        rows = self.market.rows(Window(symbol, length, 0, END_OF_TIME_MS, RECENT, newest=True))
        return rows[0][0] if rows else 0

    def _rendered(self, row: Row, length: Interval) -> list[str]:
        """Time, open, high, low, close, volume in base, twice in quote, and whether it is finished."""
        opens_ms, opened, high, low, close, volume = row
        confirm = "0" if is_forming(self.market, opens_ms, length) else "1"
        return [str(opens_ms), opened, high, low, close, volume, "0", "0", confirm]


def _data(data: list[Any]) -> Response:
    return JSONResponse({"code": "0", "msg": "", "data": data})


def _refused(code: str, message: str) -> Response:
    return JSONResponse({"code": code, "msg": message, "data": []})


def _instrument_id(symbol: Symbol) -> str:
    return f"{symbol.base}-{symbol.quote}"


def _instrument(symbol: Symbol) -> dict[str, str]:
    empty = ("settleCcy", "uly", "instFamily", "ctVal", "ctMult", "ctType", "ctValCcy", "expTime", "lever", "alias")
    return dict.fromkeys((*empty, "optType", "stk"), "") | {
        "instType": "SPOT",
        "instId": _instrument_id(symbol),
        "baseCcy": symbol.base,
        "quoteCcy": symbol.quote,
        "category": "1",
        "listTime": "1548133413000",
        "lotSz": "0.00000001",
        "minSz": "0.00001",
        "tickSz": "0.1",
        "state": "live" if symbol.is_active else "suspend",
        "maxLmtSz": "9999999999",
        "maxMktSz": "1000000",
        "ruleType": "normal",
    }
