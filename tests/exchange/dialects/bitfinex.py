"""Bitfinex: bare arrays of numbers; minutes without trades are absent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from domain.candle import Row
from domain.clock import END_OF_TIME_MS
from domain.interval import Interval
from ops.sandbox.series import MarketData, Symbol, Window
from tests.exchange.dialects.query import find, integer, timeframes

MOST_ROWS: Final = 10_000  # a page

_USUAL_ROWS: Final = 100
_CURRENCY_LISTS: Final = 11  # that the request for currencies names
_TIMEFRAMES: Final = timeframes("1m 5m 15m 30m 1h 3h 4h 6h 12h 1D:1d 7D:1w 14D:2w 1M")
_OWN_NAMES: Final = {"USDT": "UST"}


def bitfinex(market: MarketData) -> Starlette:
    dialect = _Bitfinex(market)
    return Starlette(
        routes=[
            Route("/v2/conf/{labels}", dialect.configuration),
            Route("/v2/candles/{key}/hist", dialect.candles),
        ]
    )


@dataclass(frozen=True)
class _Bitfinex:
    market: MarketData

    async def configuration(self, request: Request) -> Response:
        if request.path_params["labels"].startswith("pub:info:pair"):
            limits = [None, None, None, "0.00006", "2000.0", None, None, None, 0.2, 0.1, None, None]
            return JSONResponse([[[_pair(symbol), limits] for symbol in self.market.symbols()], [], [], []])
        codes = {_code(code) for symbol in self.market.symbols() for code in (symbol.base, symbol.quote)}
        return JSONResponse([sorted(codes), *([] for _ in range(_CURRENCY_LISTS - 1))])

    async def candles(self, request: Request) -> Response:
        _, _, key = request.path_params["key"].partition(":")
        timeframe, _, pair = key.partition(":")
        symbol = find(self.market, pair, lambda symbol: f"t{_pair(symbol)}")
        if symbol is None:
            return _refused("symbol: invalid")
        if timeframe not in _TIMEFRAMES:
            return _refused("time_frame: invalid")
        return self._answer(symbol, _TIMEFRAMES[timeframe], request.query_params)

    def _answer(self, symbol: Symbol, length: Interval, query: Mapping[str, str]) -> Response:
        limit = integer(query, "limit") or _USUAL_ROWS
        if not 1 <= limit <= MOST_ROWS:
            return _refused("limit: invalid")
        start_ms, end_ms = integer(query, "start") or 0, integer(query, "end")
        end_ms = END_OF_TIME_MS if end_ms is None else end_ms + 1
        ascending = query.get("sort") == "1"
        rows = self.market.rows(Window(symbol.name, length, start_ms, end_ms, limit, newest=not ascending))
        return _rendered(rows if ascending else rows[::-1])


def _rendered(rows: Sequence[Row]) -> Response:
    """Milliseconds, open, close, high, low, volume as bare numbers."""
    lines = [f"[{at},{opened},{close},{high},{low},{volume}]" for at, opened, high, low, close, volume in rows]
    return Response(f"[{','.join(lines)}]", media_type="application/json")


def _refused(message: str) -> Response:
    return JSONResponse(["error", 10_020, message], 500)


def _code(code: str) -> str:
    return _OWN_NAMES.get(code, code)


def _pair(symbol: Symbol) -> str:
    """BTCUSD, with a colon where a side has not three letters: AVAX:USD."""
    base, quote = _code(symbol.base), _code(symbol.quote)
    return base + quote if len(base) == len(quote) == len("BTC") else f"{base}:{quote}"
