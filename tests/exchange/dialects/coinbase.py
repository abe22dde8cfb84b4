"""Coinbase Advanced Trade: both bounds are asked for and both are inclusive; minutes without trades are absent."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from domain.candle import Row
from domain.interval import Interval
from ops.sandbox.series import MarketData, Symbol, Window
from tests.exchange.dialects.query import find, integer, timeframes

MOST_BUCKETS: Final = 350  # candles

_TIMEFRAMES: Final = timeframes(
    "ONE_MINUTE:1m FIVE_MINUTE:5m FIFTEEN_MINUTE:15m THIRTY_MINUTE:30m ONE_HOUR:1h TWO_HOUR:2h SIX_HOUR:6h ONE_DAY:1d"
)
_TOO_MANY: Final = (
    "start and end argument is invalid - number of candles requested should be less than 350",
    "INVALID_ARGUMENT",
)


def coinbase(market: MarketData) -> Starlette:
    dialect = _Coinbase(market)
    return Starlette(
        routes=[
            Route("/v2/currencies", dialect.fiat),
            Route("/v2/currencies/crypto", dialect.crypto),
            Route("/v2/exchange-rates", dialect.rates),
            Route("/api/v3/brokerage/market/products", dialect.products),
            Route("/api/v3/brokerage/market/products/{product}/candles", dialect.candles),
        ]
    )


@dataclass(frozen=True)
class _Coinbase:
    market: MarketData

    async def fiat(self, _: Request) -> Response:
        return JSONResponse({"data": [{"id": "USD", "name": "US Dollar", "min_size": "0.01"}]})

    async def crypto(self, _: Request) -> Response:
        codes = {code for symbol in self.market.symbols() for code in (symbol.base, symbol.quote)} - {"USD"}
        return JSONResponse({"data": [_currency(code) for code in sorted(codes)]})

    async def rates(self, _: Request) -> Response:
        return JSONResponse({"data": {"currency": "USD", "rates": {"BTC": "0.00001"}}})

    async def products(self, request: Request) -> Response:
        is_spot = request.query_params.get("product_type", "SPOT") == "SPOT"
        products = [_product(symbol) for symbol in self.market.symbols()] if is_spot else []
        return JSONResponse({"products": products, "num_products": len(products)})

    async def candles(self, request: Request) -> Response:
        symbol = find(self.market, request.path_params["product"], _product_id)
        if symbol is None:
            return _refused(404, "valid product_id is required", "NOT_FOUND")
        length = _TIMEFRAMES.get(request.query_params.get("granularity", ""))
        if length is None:
            return _refused(400, "granularity argument is invalid", "INVALID_ARGUMENT")
        window = _window(symbol, length, request.query_params)
        if window is None:
            return _refused(400, *_TOO_MANY)
        return JSONResponse({"candles": [_candle(row) for row in reversed(self.market.rows(window))]})


def _window(symbol: Symbol, length: Interval, query: Mapping[str, str]) -> Window | None:
    """None where a bound is missing, they are the wrong way round or too far apart."""
    start, end = integer(query, "start"), integer(query, "end")
    if start is None or end is None or not 0 <= (end - start) // length.seconds < MOST_BUCKETS:
        return None
    return Window(symbol.name, length, start * 1_000, end * 1_000 + 1, MOST_BUCKETS)


def _candle(row: Row) -> dict[str, str]:
    opens_ms, opened, high, low, close, volume = row
    return {
        "start": str(opens_ms // 1_000),
        "low": low,
        "high": high,
        "open": opened,
        "close": close,
        "volume": volume,
    }


def _refused(status: int, details: str, error: str) -> Response:
    return JSONResponse({"error": error, "error_details": details, "message": details}, status)


def _product_id(symbol: Symbol) -> str:
    return f"{symbol.base}-{symbol.quote}"


def _currency(code: str) -> dict[str, Any]:
    return {"asset_id": code, "code": code, "name": code.title(), "exponent": 8, "type": "crypto", "sort_index": 100}


def _product(symbol: Symbol) -> dict[str, Any]:
    return {
        "product_id": _product_id(symbol),
        "price": "1",
        "base_increment": "0.00000001",
        "quote_increment": "0.01",
        "quote_min_size": "1",
        "quote_max_size": "150000000",
        "base_min_size": "0.00000001",
        "base_max_size": "3400",
        "base_name": symbol.base,
        "quote_name": symbol.quote,
        "is_disabled": False,
        "status": "online",
        "trading_disabled": not symbol.is_active,
        "product_type": "SPOT",
        "quote_currency_id": symbol.quote,
        "base_currency_id": symbol.base,
        "alias": "",
        "alias_to": [],
        "price_increment": "0.01",
        "display_name": _product_id(symbol),
    }
