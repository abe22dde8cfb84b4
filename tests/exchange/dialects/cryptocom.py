"""Crypto.com: the start is exclusive, and without a count the newest 25 come."""

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
from tests.exchange.dialects.query import find, integer, timeframes

MOST_ROWS: Final = 300  # a page

_USUAL_ROWS: Final = 25
_TIMEFRAMES: Final = timeframes("1m 5m 15m 30m 1h 4h 6h 12h 1D:1d 7D:1w 14D:2w 1M")


def cryptocom(market: MarketData) -> Starlette:
    dialect = _Cryptocom(market)
    return Starlette(
        routes=[
            Route("/exchange/v1/public/get-instruments", dialect.instruments),
            Route("/exchange/v1/public/get-candlestick", dialect.candlestick),
        ]
    )


@dataclass(frozen=True)
class _Cryptocom:
    market: MarketData

    async def instruments(self, _: Request) -> Response:
        listed = [_listed(symbol) for symbol in self.market.symbols()]
        return _result("public/get-instruments", {"data": listed})

    async def candlestick(self, request: Request) -> Response:
        query = request.query_params
        symbol = find(self.market, query.get("instrument_name"), _instrument_name)
        if symbol is None:
            return JSONResponse({"id": -1, "code": 30003, "message": "Symbol not found"}, 400)
        length = _TIMEFRAMES.get(query.get("timeframe", "5m"))
        if length is None:
            return JSONResponse({"id": -1, "code": 40004, "message": "Missing or invalid argument"}, 400)
        rows = self.market.rows(_window(symbol, length, query))
        return _result("public/get-candlestick", {"data": [_rendered(row) for row in rows]})


def _window(symbol: Symbol, length: Interval, query: Mapping[str, str]) -> Window:
    """The newest rows win; CCXT now and then gives the end in microseconds, which is no bound at all."""
    start_ms, end_ms = integer(query, "start_ts"), integer(query, "end_ts")
    return Window(
        symbol=symbol.name,
        interval=length,
        start_ms=0 if start_ms is None else start_ms + 1,
        end_ms=END_OF_TIME_MS if end_ms is None else end_ms,
        limit=min(integer(query, "count") or _USUAL_ROWS, MOST_ROWS),
        newest=True,
    )


def _rendered(row: Row) -> dict[str, Any]:
    opens_ms, opened, high, low, close, volume = row
    return {"o": opened, "h": high, "l": low, "c": close, "v": volume, "t": opens_ms}


def _result(method: str, result: dict[str, Any]) -> Response:
    return JSONResponse({"id": -1, "method": method, "code": 0, "result": result})


def _instrument_name(symbol: Symbol) -> str:
    return f"{symbol.base}_{symbol.quote}"


def _listed(symbol: Symbol) -> dict[str, Any]:
    return {
        "symbol": _instrument_name(symbol),
        "inst_type": "CCY_PAIR",
        "display_name": symbol.name,
        "base_ccy": symbol.base,
        "quote_ccy": symbol.quote,
        "quote_decimals": 8,
        "quantity_decimals": 5,
        "price_tick_size": "0.01",
        "qty_tick_size": "0.00001",
        "max_leverage": "50",
        "tradable": symbol.is_active,
        "expiry_timestamp_ms": 0,
    }
