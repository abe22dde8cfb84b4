"""KuCoin: newest first, close before high and low, at most 1,500 of the newest in the window."""

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
from tests.exchange.dialects.query import find, seconds, timeframes

MOST_ROWS: Final = 1_500  # a page

_USUAL_ROWS: Final = 100
_TIMEFRAMES: Final = timeframes(
    "1min:1m 3min:3m 5min:5m 15min:15m 30min:30m 1hour:1h 2hour:2h 4hour:4h 6hour:6h 8hour:8h 12hour:12h "
    "1day:1d 1week:1w 1month:1M"
)


def kucoin(market: MarketData) -> Starlette:
    dialect = _Kucoin(market)
    return Starlette(
        routes=[
            Route("/api/v3/currencies", dialect.currencies),
            Route("/api/v2/symbols", dialect.symbols),
            Route("/api/v1/market/candles", dialect.candles),
        ]
    )


@dataclass(frozen=True)
class _Kucoin:
    market: MarketData

    async def currencies(self, _: Request) -> Response:
        return _data([])

    async def symbols(self, _: Request) -> Response:
        return _data([_listed(symbol) for symbol in self.market.symbols()])

    async def candles(self, request: Request) -> Response:
        query = request.query_params
        symbol = find(self.market, query.get("symbol"), _market_id)
        if symbol is None:
            return JSONResponse({"code": "900001", "msg": "The trading pair is not exist"})
        length = _TIMEFRAMES.get(query.get("type", ""))
        if length is None:
            return JSONResponse({"code": "400100", "msg": "Incorrect candlestick type"})
        return _data([_rendered(row) for row in reversed(self.market.rows(_window(symbol, length, query)))])


def _window(symbol: Symbol, length: Interval, query: Mapping[str, str]) -> Window:
    """The end is exclusive."""
    start_ms, end_ms = seconds(query, "startAt"), seconds(query, "endAt")
    return Window(
        symbol=symbol.name,
        interval=length,
        start_ms=start_ms or 0,
        end_ms=END_OF_TIME_MS if end_ms is None else end_ms,
        limit=_USUAL_ROWS if start_ms is None else MOST_ROWS,
        newest=True,
    )


def _rendered(row: Row) -> list[str]:
    """Seconds, open, close, high, low, volume, turnover."""
    opens_ms, opened, high, low, close, volume = row
    return [str(opens_ms // 1_000), opened, close, high, low, volume, "0"]


def _data(data: list[Any]) -> Response:
    return JSONResponse({"code": "200000", "data": data})


def _market_id(symbol: Symbol) -> str:
    return f"{symbol.base}-{symbol.quote}"


def _listed(symbol: Symbol) -> dict[str, Any]:
    return {
        "symbol": _market_id(symbol),
        "name": _market_id(symbol),
        "baseCurrency": symbol.base,
        "quoteCurrency": symbol.quote,
        "feeCurrency": symbol.quote,
        "market": "USDS",
        "baseMinSize": "0.00001",
        "quoteMinSize": "0.1",
        "baseMaxSize": "10000000000",
        "quoteMaxSize": "99999999",
        "baseIncrement": "0.00000001",
        "quoteIncrement": "0.000001",
        "priceIncrement": "0.1",
        "minFunds": "0.1",
        "isMarginEnabled": False,
        "enableTrading": symbol.is_active,
    }
