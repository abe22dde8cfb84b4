"""Gate: nothing is told of what lies more than 10,000 candles back."""

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
from tests.exchange.dialects.query import find, integer, is_forming, seconds, timeframes

MOST_ROWS: Final = 1_000  # a page
HORIZON: Final = 10_000  # candles

_USUAL_ROWS: Final = 100
_TIMEFRAMES: Final = timeframes("10s 1m 5m 15m 30m 1h 2h 4h 8h 1d 7d:1w")


class _RefusedError(Exception):
    """With Gate's own label and message."""


def gate(market: MarketData) -> Starlette:
    dialect = _Gate(market)
    return Starlette(
        routes=[
            Route("/api/v4/spot/currencies", dialect.nothing),
            Route("/api/v4/margin/currency_pairs", dialect.nothing),
            Route("/api/v4/spot/currency_pairs", dialect.currency_pairs),
            Route("/api/v4/spot/candlesticks", dialect.candlesticks),
        ]
    )


@dataclass(frozen=True)
class _Gate:
    market: MarketData

    async def nothing(self, _: Request) -> Response:
        return JSONResponse([])

    async def currency_pairs(self, _: Request) -> Response:
        return JSONResponse([_listed(symbol) for symbol in self.market.symbols()])

    async def candlesticks(self, request: Request) -> Response:
        try:
            window = self._window(request.query_params)
        except _RefusedError as refused:
            label, message = refused.args
            return JSONResponse({"label": label, "message": message}, 400)
        return JSONResponse([self._rendered(row, window.interval) for row in self.market.rows(window)])

    def _window(self, query: Mapping[str, str]) -> Window:
        symbol = find(self.market, query.get("currency_pair"), _pair_id)
        if symbol is None:
            raise _RefusedError("INVALID_CURRENCY_PAIR", f"Invalid currency pair {query.get('currency_pair')}")
        length = _TIMEFRAMES.get(query.get("interval", "30m"))
        if length is None:
            raise _RefusedError("INVALID_PARAM_VALUE", "Invalid interval")
        start_ms, end_ms, limit = seconds(query, "from"), seconds(query, "to"), integer(query, "limit")
        if start_ms is not None and limit is not None:
            raise _RefusedError("INVALID_PARAM_VALUE", "Cannot use limit together with from or to")
        oldest_ms = milliseconds(self.market.now()) - HORIZON * length.seconds * 1_000
        if start_ms is not None and start_ms < oldest_ms:
            raise _RefusedError("INVALID_PARAM_VALUE", "Candlestick too long ago. Maximum 10000 points ago are allowed")
        return Window(
            symbol=symbol.name,
            interval=length,
            start_ms=oldest_ms if start_ms is None else start_ms,
            end_ms=END_OF_TIME_MS if end_ms is None else end_ms + 1,
            limit=min(limit or _USUAL_ROWS, MOST_ROWS) if start_ms is None else MOST_ROWS,
            newest=start_ms is None,
        )

    def _rendered(self, row: Row, length: Interval) -> list[str]:
        """Seconds, turnover, close, high, low, open, volume, and whether it is finished."""
        opens_ms, opened, high, low, close, volume = row
        closed = "false" if is_forming(self.market, opens_ms, length) else "true"
        return [str(opens_ms // 1_000), "0", close, high, low, opened, volume, closed]


def _pair_id(symbol: Symbol) -> str:
    return f"{symbol.base}_{symbol.quote}"


def _listed(symbol: Symbol) -> dict[str, Any]:
    return {
        "id": _pair_id(symbol),
        "base": symbol.base,
        "quote": symbol.quote,
        "fee": "0.2",
        "min_base_amount": "0.0001",
        "min_quote_amount": "3",
        "amount_precision": 6,
        "precision": 8,
        "trade_status": "tradable" if symbol.is_active else "untradable",
        "sell_start": 0,
        "buy_start": 0,
    }
