"""Bybit: newest first; every answer has status 200 and a code of its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from domain.candle import Row
from domain.clock import END_OF_TIME_MS, milliseconds
from domain.interval import Interval
from ops.sandbox.series import MarketData, Symbol, Window
from tests.exchange.dialects.query import find, integer, timeframes

MOST_ROWS: Final = 1_000  # a page

_USUAL_ROWS: Final = 200
_TIMEFRAMES: Final = timeframes(
    "1:1m 3:3m 5:5m 15:15m 30:30m 60:1h 120:2h 240:4h 360:6h 720:12h D:1d W:1w M:1M",
)


def bybit(market: MarketData) -> Starlette:
    dialect = _Bybit(market)
    return Starlette(
        routes=[
            Route("/v5/market/instruments-info", dialect.instruments),
            Route("/v5/market/kline", dialect.klines),
        ]
    )


@dataclass(frozen=True)
class _Bybit:
    market: MarketData

    async def instruments(self, request: Request) -> Response:
        category = request.query_params.get("category", "")
        listed = [_instrument(symbol) for symbol in self.market.symbols()] if category == "spot" else []
        return self._answer({"category": category, "list": listed, "nextPageCursor": ""})

    async def klines(self, request: Request) -> Response:
        query = request.query_params
        symbol = find(self.market, query.get("symbol"), _instrument_id)
        if symbol is None:
            return self._refused("Not supported symbols")
        length = _TIMEFRAMES.get(query.get("interval", ""))
        if length is None:
            return self._refused("Invalid period!")
        rows = self.market.rows(_window(symbol, length, query))
        listed = [_rendered(row) for row in reversed(rows)]
        return self._answer({"category": "spot", "symbol": _instrument_id(symbol), "list": listed})

    def _answer(self, result: dict[str, Any]) -> Response:
        return self._send(0, "OK", result)

    def _refused(self, message: str) -> Response:
        return self._send(10_001, message, {})

    def _send(self, code: int, message: str, result: dict[str, Any]) -> Response:
        now_ms = milliseconds(self.market.now())
        return JSONResponse(
            {"retCode": code, "retMsg": message, "result": result, "retExtInfo": {}, "time": now_ms},
        )


def _window(symbol: Symbol, length: Interval, query: Mapping[str, str]) -> Window:
    """From a start alone the oldest rows, in every other case the newest."""
    start, end = integer(query, "start"), integer(query, "end")
    return Window(
        symbol=symbol.name,
        interval=length,
        start_ms=start or 0,
        end_ms=END_OF_TIME_MS if end is None else end + 1,
        limit=min(max(integer(query, "limit") or _USUAL_ROWS, 1), MOST_ROWS),
        newest=start is None or end is not None,
    )


def _rendered(row: Row) -> list[str]:
    return [str(row[0]), *row[1:], "0"]


def _instrument_id(symbol: Symbol) -> str:
    return symbol.base + symbol.quote


def _instrument(symbol: Symbol) -> dict[str, Any]:
    return {
        "symbol": _instrument_id(symbol),
        "baseCoin": symbol.base,
        "quoteCoin": symbol.quote,
        "innovation": "0",
        "status": "Trading" if symbol.is_active else "Closed",
        "marginTrading": "none",
        "lotSizeFilter": {
            "basePrecision": "0.000001",
            "quotePrecision": "0.00000001",
            "minOrderQty": "0.000048",
            "maxOrderQty": "71.7",
            "minOrderAmt": "1",
            "maxOrderAmt": "4000000",
        },
        "priceFilter": {"tickSize": "0.01"},
    }
