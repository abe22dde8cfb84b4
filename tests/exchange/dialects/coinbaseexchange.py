"""Coinbase Exchange: bounds in ISO 8601, newest first, low before high before open; empty minutes are absent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from domain.candle import Row
from domain.clock import END_OF_TIME_MS, milliseconds
from domain.interval import Interval
from ops.sandbox.series import MarketData, Symbol, Window
from tests.exchange.dialects.query import find, timeframes

MOST_BUCKETS: Final = 300  # candles

_TIMEFRAMES: Final = timeframes("60:1m 300:5m 900:15m 3600:1h 21600:6h 86400:1d")


def coinbaseexchange(market: MarketData) -> Starlette:
    dialect = _CoinbaseExchange(market)
    return Starlette(
        routes=[
            Route("/currencies", dialect.currencies),
            Route("/products", dialect.products),
            Route("/products/{product}/candles", dialect.candles),
        ]
    )


@dataclass(frozen=True)
class _CoinbaseExchange:
    market: MarketData

    async def currencies(self, _: Request) -> Response:
        return JSONResponse([])

    async def products(self, _: Request) -> Response:
        return JSONResponse([_product(symbol) for symbol in self.market.symbols()])

    async def candles(self, request: Request) -> Response:
        symbol = find(self.market, request.path_params["product"], _product_id)
        if symbol is None:
            return JSONResponse({"message": "NotFound"}, 404)
        length = _TIMEFRAMES.get(request.query_params.get("granularity", ""))
        if length is None:
            return JSONResponse({"message": "Unsupported granularity"}, 400)
        window = _window(symbol, length, request.query_params)
        if window is None:
            message = "granularity too small for the requested time range. Count of aggregations requested exceeds 300"
            return JSONResponse({"message": message}, 400)
        return _rendered(self.market.rows(window))


def _window(symbol: Symbol, length: Interval, query: Mapping[str, str]) -> Window | None:
    """None where the bounds are too far apart; without both of them the newest rows."""
    if "start" not in query or "end" not in query:
        return Window(symbol.name, length, 0, END_OF_TIME_MS, MOST_BUCKETS, newest=True)
    start_ms, end_ms = (milliseconds(datetime.fromisoformat(query[key])) for key in ("start", "end"))
    if (end_ms - start_ms) // (length.seconds * 1_000) >= MOST_BUCKETS:
        return None
    return Window(symbol.name, length, start_ms, end_ms + 1, MOST_BUCKETS)


def _rendered(rows: Sequence[Row]) -> Response:
    lines = [
        f"[{opens_ms // 1_000},{low},{high},{opened},{close},{volume}]"
        for opens_ms, opened, high, low, close, volume in reversed(rows)
    ]
    return Response(f"[{','.join(lines)}]", media_type="application/json")


def _product_id(symbol: Symbol) -> str:
    return f"{symbol.base}-{symbol.quote}"


def _product(symbol: Symbol) -> dict[str, Any]:
    return {
        "id": _product_id(symbol),
        "base_currency": symbol.base,
        "quote_currency": symbol.quote,
        "quote_increment": "0.01",
        "base_increment": "0.00000001",
        "display_name": _product_id(symbol),
        "min_market_funds": "1",
        "margin_enabled": False,
        "post_only": False,
        "limit_only": False,
        "cancel_only": False,
        "status": "online" if symbol.is_active else "delisted",
        "status_message": "",
        "trading_disabled": not symbol.is_active,
    }
