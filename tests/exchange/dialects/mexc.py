"""MEXC: Binance's words with another end of the window and half the page."""

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
from ops.sandbox.series import MarketData, Symbol, Window, closing_ms
from tests.exchange.dialects.query import find, integer, timeframes

MOST_ROWS: Final = 500  # a page

_TIMEFRAMES: Final = timeframes("1m 5m 15m 30m 60m:1h 4h 1d 1W:1w 1M")


def mexc(market: MarketData) -> Starlette:
    dialect = _Mexc(market)
    return Starlette(
        routes=[
            Route("/api/v3/exchangeInfo", dialect.exchange_info),
            Route("/api/v1/contract/detail", dialect.no_contracts),
            Route("/api/v3/klines", dialect.klines),
        ]
    )


@dataclass(frozen=True)
class _Mexc:
    market: MarketData

    async def exchange_info(self, _: Request) -> Response:
        return JSONResponse({"timezone": "CST", "symbols": [_listed(symbol) for symbol in self.market.symbols()]})

    async def no_contracts(self, _: Request) -> Response:
        return JSONResponse({"success": True, "code": 0, "data": []})

    async def klines(self, request: Request) -> Response:
        query = request.query_params
        symbol = find(self.market, query.get("symbol"), _market_id)
        if symbol is None:
            return JSONResponse({"code": -1121, "msg": "Invalid symbol."}, 400)
        length = _TIMEFRAMES.get(query.get("interval", ""))
        if length is None:
            return JSONResponse({"code": 700008, "msg": "Illegal characters found in parameter 'interval'"}, 400)
        rows = self.market.rows(_window(symbol, length, query))
        return JSONResponse([_rendered(row, length) for row in rows])


def _window(symbol: Symbol, length: Interval, query: Mapping[str, str]) -> Window:
    """The end is exclusive."""
    start_ms, end_ms = integer(query, "startTime"), integer(query, "endTime")
    return Window(
        symbol=symbol.name,
        interval=length,
        start_ms=start_ms or 0,
        end_ms=END_OF_TIME_MS if end_ms is None else end_ms,
        limit=min(integer(query, "limit") or MOST_ROWS, MOST_ROWS),
        newest=start_ms is None,
    )


def _rendered(row: Row, length: Interval) -> list[Any]:
    return [*row, closing_ms(row[0], length), "0"]


def _market_id(symbol: Symbol) -> str:
    return symbol.base + symbol.quote


def _listed(symbol: Symbol) -> dict[str, Any]:
    return {
        "symbol": _market_id(symbol),
        "status": "1" if symbol.is_active else "2",
        "baseAsset": symbol.base,
        "baseAssetPrecision": 8,
        "quoteAsset": symbol.quote,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "baseSizePrecision": "0.000001",
        "quoteAmountPrecision": "1",
        "makerCommission": "0",
        "takerCommission": "0.0005",
        "orderTypes": ["LIMIT", "MARKET"],
        "isSpotTradingAllowed": symbol.is_active,
        "isMarginTradingAllowed": False,
        "permissions": ["SPOT"],
        "maxQuoteAmount": "2000000",
    }
