"""HTX: newest first, bare numbers; from a start alone the first rows after it."""

from collections.abc import Mapping, Sequence
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

_USUAL_ROWS: Final = 150
_TIMEFRAMES: Final = timeframes(
    "1min:1m 5min:5m 15min:15m 30min:30m 60min:1h 4hour:4h 1day:1d 1week:1w 1mon:1M 1year:1y"
)


def htx(market: MarketData) -> Starlette:
    dialect = _Htx(market)
    return Starlette(
        routes=[
            Route("/v2/reference/currencies", dialect.currencies),
            Route("/v1/common/symbols", dialect.symbols),
            Route("/market/history/candles", dialect.candles),
        ]
    )


@dataclass(frozen=True)
class _Htx:
    market: MarketData

    async def currencies(self, _: Request) -> Response:
        return JSONResponse({"code": 200, "data": []})

    async def symbols(self, _: Request) -> Response:
        return JSONResponse({"status": "ok", "data": [_listed(symbol) for symbol in self.market.symbols()]})

    async def candles(self, request: Request) -> Response:
        query = request.query_params
        symbol = find(self.market, query.get("symbol"), _market_id)
        if symbol is None:
            return _refused("invalid-parameter", "invalid symbol")
        length = _TIMEFRAMES.get(query.get("period", ""))
        if length is None:
            return _refused("bad-request", "invalid period")
        rows = self.market.rows(_window(symbol, length, query))
        return Response(f'{{"status":"ok","data":[{_rendered(rows)}]}}', media_type="application/json")


def _window(symbol: Symbol, length: Interval, query: Mapping[str, str]) -> Window:
    start_ms, end_ms = seconds(query, "from"), seconds(query, "to")
    return Window(
        symbol=symbol.name,
        interval=length,
        start_ms=start_ms or 0,
        end_ms=END_OF_TIME_MS if end_ms is None else end_ms + 1,
        limit=min(integer(query, "size") or _USUAL_ROWS, MOST_ROWS),
        newest=start_ms is None,
    )


def _rendered(rows: Sequence[Row]) -> str:
    """Numbers as the market has them, `amount` being the volume in base."""
    return ",".join(
        f'{{"id":{opens_ms // 1_000},"open":{opened},"close":{close},"low":{low},"high":{high},'
        f'"amount":{volume},"vol":0,"count":1}}'
        for opens_ms, opened, high, low, close, volume in reversed(rows)
    )


def _refused(code: str, message: str) -> Response:
    return JSONResponse({"status": "error", "err-code": code, "err-msg": message})


def _market_id(symbol: Symbol) -> str:
    return f"{symbol.base}{symbol.quote}".lower()


def _listed(symbol: Symbol) -> dict[str, Any]:
    return {
        "base-currency": symbol.base.lower(),
        "quote-currency": symbol.quote.lower(),
        "price-precision": 8,
        "amount-precision": 6,
        "symbol-partition": "main",
        "symbol": _market_id(symbol),
        "state": "online" if symbol.is_active else "offline",
        "value-precision": 8,
        "min-order-amt": 0.0001,
        "max-order-amt": 1_000,
        "min-order-value": 10,
        "api-trading": "enabled",
    }
