"""Bitget: one address for recent candles, one with smaller pages for older ones."""

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

MOST_ROWS: Final = 1_000  # a page of recent candles
MOST_OLD_ROWS: Final = 200  # a page of older ones

_USUAL_ROWS: Final = 100
_TIMEFRAMES: Final = timeframes(
    "1min:1m 3min:3m 5min:5m 15min:15m 30min:30m 1h 4h 6Hutc:6h 12Hutc:12h 1Dutc:1d 3Dutc:3d 1Wutc:1w 1Mutc:1M"
)


def bitget(market: MarketData) -> Starlette:
    dialect = _Bitget(market)
    return Starlette(
        routes=[
            Route("/api/v2/spot/public/coins", dialect.nothing),
            Route("/api/v2/margin/currencies", dialect.nothing),
            Route("/api/v2/spot/public/symbols", dialect.symbols),
            Route("/api/v2/spot/market/candles", dialect.candles),
            Route("/api/v2/spot/market/history-candles", dialect.history_candles),
        ]
    )


@dataclass(frozen=True)
class _Bitget:
    market: MarketData

    async def nothing(self, _: Request) -> Response:
        return self._data([])

    async def symbols(self, _: Request) -> Response:
        return self._data([_listed(symbol) for symbol in self.market.symbols()])

    async def candles(self, request: Request) -> Response:
        return self._answer(request.query_params, MOST_ROWS)

    async def history_candles(self, request: Request) -> Response:
        return self._answer(request.query_params, MOST_OLD_ROWS)

    def _answer(self, query: Mapping[str, str], most: int) -> Response:
        symbol = find(self.market, query.get("symbol"), _market_id)
        if symbol is None:
            return self._send("40034", f"Parameter {query.get('symbol')} does not exist", None)
        length = _TIMEFRAMES.get(query.get("granularity", ""))
        if length is None:
            return self._send("400172", "Parameter verification failed", None)
        return self._data([_rendered(row) for row in self.market.rows(_window(symbol, length, query, most))])

    def _data(self, data: list[Any]) -> Response:
        return self._send("00000", "success", data)

    def _send(self, code: str, message: str, data: list[Any] | None) -> Response:
        now_ms = milliseconds(self.market.now())
        return JSONResponse({"code": code, "msg": message, "requestTime": now_ms, "data": data})


def _window(symbol: Symbol, length: Interval, query: Mapping[str, str], most: int) -> Window:
    """The end is exclusive; the newest rows win."""
    end_ms = integer(query, "endTime")
    return Window(
        symbol=symbol.name,
        interval=length,
        start_ms=integer(query, "startTime") or 0,
        end_ms=END_OF_TIME_MS if end_ms is None else end_ms,
        limit=min(integer(query, "limit") or _USUAL_ROWS, most),
        newest=True,
    )


def _rendered(row: Row) -> list[str]:
    return [str(row[0]), *row[1:], "0", "0"]


def _market_id(symbol: Symbol) -> str:
    return symbol.base + symbol.quote


def _listed(symbol: Symbol) -> dict[str, Any]:
    return {
        "symbol": _market_id(symbol),
        "baseCoin": symbol.base,
        "quoteCoin": symbol.quote,
        "minTradeAmount": "0",
        "maxTradeAmount": "900000000000000000000",
        "takerFeeRate": "0.002",
        "makerFeeRate": "0.002",
        "pricePrecision": "8",
        "quantityPrecision": "6",
        "quotePrecision": "8",
        "status": "online" if symbol.is_active else "offline",
        "minTradeUSDT": "1",
        "buyLimitPriceRatio": "0.05",
        "sellLimitPriceRatio": "0.05",
    }
