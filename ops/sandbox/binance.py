"""The HTTP dialect of Binance's public spot market."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from domain.candle import Row
from domain.clock import END_OF_TIME_MS, EPOCH, milliseconds
from domain.interval import STANDARD_INTERVALS, Interval
from ops.sandbox.series import MarketData, Symbol, Window, closing_ms

MOST_ROWS: Final = 1_000  # a page
USUAL_ROWS: Final = 500  # a page, where the request names no limit

_INTERVALS: Final = {interval.text: interval for interval in STANDARD_INTERVALS}
_EXCHANGE_INFO_WEIGHT: Final = 20
_KLINES_WEIGHT: Final = 2
_OTHER_WEIGHT: Final = 1


class RefusedError(Exception):
    """What Binance answers with status 400: its code and message."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def binance(market: MarketData) -> Starlette:
    """The application; its paths are those of api.binance.com, /api/v3/klines and so on."""
    dialect = _Binance(market, _Weight(EPOCH))
    return Starlette(
        routes=[
            Route("/api/v3/ping", dialect.ping),
            Route("/api/v3/time", dialect.time),
            Route("/api/v3/exchangeInfo", dialect.exchange_info),
            Route("/api/v3/klines", dialect.klines),
            Route("/fapi/v1/exchangeInfo", dialect.no_contracts),
            Route("/dapi/v1/exchangeInfo", dialect.no_contracts),
        ]
    )


@dataclass
class _Weight:
    """The request weight used up in the current minute."""

    minute: datetime
    used: int = 0

    def add(self, weight: int, now: datetime) -> int:
        minute = now.replace(second=0, microsecond=0)
        if minute != self.minute:
            self.minute, self.used = minute, 0
        self.used += weight
        return self.used


@dataclass(frozen=True)
class _Binance:
    market: MarketData
    weight: _Weight

    async def ping(self, _: Request) -> Response:
        return self._answer({}, _OTHER_WEIGHT)

    async def time(self, _: Request) -> Response:
        return self._answer({"serverTime": milliseconds(self.market.now())}, _OTHER_WEIGHT)

    async def no_contracts(self, _: Request) -> Response:
        return self._answer({"symbols": []}, _OTHER_WEIGHT)

    async def exchange_info(self, _: Request) -> Response:
        body = {
            "timezone": "UTC",
            "serverTime": milliseconds(self.market.now()),
            "rateLimits": [{"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 6_000}],
            "exchangeFilters": [],
            "symbols": [_listed(symbol) for symbol in self.market.symbols()],
        }
        return self._answer(body, _EXCHANGE_INFO_WEIGHT)

    async def klines(self, request: Request) -> Response:
        try:
            window = _window(request.query_params, self.market.symbols())
        except RefusedError as refused:
            return self._answer({"code": refused.code, "msg": refused.message}, _KLINES_WEIGHT, status=400)
        rows = self.market.rows(window)
        return self._send(_rendered(rows, window.interval), _KLINES_WEIGHT)

    def _answer(self, body: Any, weight: int, status: int = 200) -> Response:
        return self._send(orjson.dumps(body), weight, status)

    def _send(self, body: str | bytes, weight: int, status: int = 200) -> Response:
        used = str(self.weight.add(weight, self.market.now()))
        headers = {"X-MBX-USED-WEIGHT": used, "X-MBX-USED-WEIGHT-1M": used}
        return Response(body, status, headers, media_type="application/json")


def _listed(symbol: Symbol) -> dict[str, Any]:
    return {
        "symbol": symbol.base + symbol.quote,
        "status": "TRADING" if symbol.is_active else "BREAK",
        "baseAsset": symbol.base,
        "baseAssetPrecision": 8,
        "quoteAsset": symbol.quote,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "orderTypes": ["LIMIT", "MARKET"],
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": "0.00000001", "maxPrice": "1000000", "tickSize": "0.00000001"},
            {"filterType": "LOT_SIZE", "minQty": "0.00001", "maxQty": "9000000000", "stepSize": "0.00001"},
            {"filterType": "NOTIONAL", "minNotional": "5.00000000"},
        ],
        "permissions": [],
        "permissionSets": [["SPOT"]],
    }


def _window(query: Mapping[str, str], symbols: Sequence[Symbol]) -> Window:
    """Raises RefusedError where Binance refuses the request."""
    name, text = _given(query, "symbol"), _given(query, "interval")
    symbol = next((one.name for one in symbols if one.base + one.quote == name), None)
    if symbol is None:
        raise RefusedError(-1121, "Invalid symbol.")
    if text not in _INTERVALS:
        raise RefusedError(-1120, "Invalid interval.")
    start, end, limit = (_count(query, key) for key in ("startTime", "endTime", "limit"))
    if limit == 0:
        raise RefusedError(-1130, "Data sent for parameter 'limit' is not valid.")
    return Window(
        symbol=symbol,
        interval=_INTERVALS[text],
        start_ms=start or 0,
        end_ms=END_OF_TIME_MS if end is None else min(end + 1, END_OF_TIME_MS),
        limit=min(limit or USUAL_ROWS, MOST_ROWS),
        newest=start is None,
    )


def _given(query: Mapping[str, str], key: str) -> str:
    if not query.get(key):
        raise RefusedError(-1102, f"Mandatory parameter '{key}' was not sent, was empty/null, or malformed.")
    return query[key]


def _count(query: Mapping[str, str], key: str) -> int | None:
    text = query.get(key)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(END_OF_TIME_MS))):
        raise RefusedError(-1100, f"Illegal characters found in parameter '{key}'; legal range is '^[0-9]{{1,20}}$'.")
    return int(text)


def _rendered(rows: Sequence[Row], interval: Interval) -> str:
    """Twelve columns; those that nobody reads here (turnover, trades, taker volumes) are zero."""
    lines = [
        f'[{at},"{opened}","{high}","{low}","{close}","{volume}",{closing_ms(at, interval) - 1},"0",0,"0","0","0"]'
        for at, opened, high, low, close, volume in rows
    ]
    return f"[{','.join(lines)}]"
