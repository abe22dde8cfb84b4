"""Gemini: one page of the newest rows for each interval, and no way to ask for another."""

from dataclasses import dataclass
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from domain.clock import END_OF_TIME_MS
from ops.sandbox.series import MarketData, Symbol, Window
from tests.exchange.dialects.query import find, timeframes

NEWEST: Final = 1_440  # candles, a day of minutes

_TIMEFRAMES: Final = timeframes("1m 5m 15m 30m 1hr:1h 6hr:6h 1day:1d")


def gemini(market: MarketData) -> Starlette:
    dialect = _Gemini(market)
    return Starlette(
        routes=[
            Route("/", dialect.front_page),
            Route("/v1/symbols", dialect.symbols),
            Route("/v2/candles/{symbol}/{timeframe}", dialect.candles),
        ]
    )


@dataclass(frozen=True)
class _Gemini:
    market: MarketData

    async def front_page(self, _: Request) -> Response:
        return HTMLResponse('<html><script id="currencyData">[]</script></html>')

    async def symbols(self, _: Request) -> Response:
        return JSONResponse([_market_id(symbol) for symbol in self.market.symbols()])

    async def candles(self, request: Request) -> Response:
        symbol = find(self.market, request.path_params["symbol"], _market_id)
        length = _TIMEFRAMES.get(request.path_params["timeframe"])
        if symbol is None or length is None:
            reason = "InvalidSymbol" if symbol is None else "InvalidTimeframe"
            return JSONResponse({"result": "error", "reason": reason, "message": "Supplied value is not valid"}, 400)
        rows = self.market.rows(Window(symbol.name, length, 0, END_OF_TIME_MS, NEWEST, newest=True))
        lines = [f"[{','.join(map(str, row))}]" for row in reversed(rows)]
        return Response(f"[{','.join(lines)}]", media_type="application/json")


def _market_id(symbol: Symbol) -> str:
    return f"{symbol.base}{symbol.quote}".lower()
