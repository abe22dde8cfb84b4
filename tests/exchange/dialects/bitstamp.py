"""Bitstamp: with an end, the last rows up to it, wherever the start was."""

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
from tests.exchange.dialects.query import find, integer, seconds, timeframes

MOST_ROWS: Final = 1_000  # a page

_TIMEFRAMES: Final = timeframes(
    "60:1m 180:3m 300:5m 900:15m 1800:30m 3600:1h 7200:2h 14400:4h 21600:6h 43200:12h 86400:1d 259200:3d"
)


def bitstamp(market: MarketData) -> Starlette:
    dialect = _Bitstamp(market)
    return Starlette(
        routes=[
            Route("/api/v2/markets/", dialect.markets),
            Route("/api/v2/ohlc/{pair}/", dialect.ohlc),
        ]
    )


@dataclass(frozen=True)
class _Bitstamp:
    market: MarketData

    async def markets(self, _: Request) -> Response:
        return JSONResponse([_listed(symbol) for symbol in self.market.symbols()])

    async def ohlc(self, request: Request) -> Response:
        query = request.query_params
        symbol = find(self.market, request.path_params["pair"], _market_symbol)
        if symbol is None:
            return _refused(404, "Pair not found.", "API5004")
        length = _TIMEFRAMES.get(query.get("step", ""))
        if length is None:
            return _refused(400, "Invalid step.", "API5110")
        rows = [_rendered(row) for row in self.market.rows(_window(symbol, length, query))]
        return JSONResponse({"data": {"pair": symbol.name, "ohlc": rows}})


def _window(symbol: Symbol, length: Interval, query: Mapping[str, str]) -> Window:
    start_ms, end_ms = seconds(query, "start"), seconds(query, "end")
    return Window(
        symbol=symbol.name,
        interval=length,
        start_ms=start_ms if start_ms is not None and end_ms is None else 0,
        end_ms=END_OF_TIME_MS if end_ms is None else end_ms + 1,
        limit=min(integer(query, "limit") or MOST_ROWS, MOST_ROWS),
        newest=start_ms is None or end_ms is not None,
    )


def _rendered(row: Row) -> dict[str, str]:
    opens_ms, opened, high, low, close, volume = row
    times = {"timestamp": str(opens_ms // 1_000)}
    return times | {"open": opened, "high": high, "low": low, "close": close, "volume": volume}


def _refused(status: int, reason: str, code: str) -> Response:
    return JSONResponse({"status": "error", "reason": reason, "code": code}, status)


def _market_symbol(symbol: Symbol) -> str:
    return f"{symbol.base}{symbol.quote}".lower()


def _listed(symbol: Symbol) -> dict[str, Any]:
    return {
        "name": symbol.name,
        "market_symbol": _market_symbol(symbol),
        "base_currency": symbol.base,
        "base_decimals": 8,
        "counter_currency": symbol.quote,
        "counter_decimals": 8,
        "minimum_order_value": "10.00",
        "minimum_order_amount": "0.00000001",
        "maximum_order_amount": "1000000",
        "trading": "Enabled" if symbol.is_active else "Disabled",
        "instant_and_market_orders": "Enabled",
        "description": f"{symbol.base} / {symbol.quote}",
        "market_type": "SPOT",
    }
