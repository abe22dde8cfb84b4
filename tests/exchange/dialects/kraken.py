"""Kraken: whatever is asked, only the newest 720 finished candles and the forming one."""

from collections.abc import Sequence
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
from tests.exchange.dialects.query import find, is_forming, seconds, timeframes

NEWEST: Final = 721  # candles, the forming one among them

_TIMEFRAMES: Final = timeframes("1:1m 5:5m 15:15m 30:30m 60:1h 240:4h 1440:1d 10080:1w 21600:15d")
_ALTERNATIVE: Final = {"BTC": "XBT", "DOGE": "XDG"}
_OLD_COINS: Final = ("XBT", "XDG", "ETH", "LTC", "XRP", "XLM", "ETC")
_OLD_MONEY: Final = ("USD", "EUR", "GBP", "CAD", "JPY")


def kraken(market: MarketData) -> Starlette:
    dialect = _Kraken(market)
    return Starlette(
        routes=[
            Route("/0/public/Assets", dialect.assets),
            Route("/0/public/AssetPairs", dialect.asset_pairs),
            Route("/0/public/OHLC", dialect.ohlc),
        ]
    )


def market_id(symbol: Symbol) -> str:
    """XXBTZUSD where both sides have an old name, XBTUSDT otherwise."""
    base, quote = _asset(symbol.base), _asset(symbol.quote)
    if len(base) == len(quote) == len("XXBT") and base[0] in "XZ" and quote[0] in "XZ":
        return base + quote
    return _alternative(symbol.base) + _alternative(symbol.quote)


@dataclass(frozen=True)
class _Kraken:
    market: MarketData

    async def assets(self, _: Request) -> Response:
        codes = {code for symbol in self.market.symbols() for code in (symbol.base, symbol.quote)}
        return _result({_asset(code): _described_asset(code) for code in sorted(codes)})

    async def asset_pairs(self, _: Request) -> Response:
        return _result({market_id(symbol): _described_pair(symbol) for symbol in self.market.symbols()})

    async def ohlc(self, request: Request) -> Response:
        query = request.query_params
        symbol = find(self.market, query.get("pair"), market_id)
        length = _TIMEFRAMES.get(query.get("interval", "1"))
        if symbol is None:
            return JSONResponse({"error": ["EQuery:Unknown asset pair"]})
        if length is None:
            return JSONResponse({"error": ["EGeneral:Invalid arguments"]})
        rows = self.market.rows(Window(symbol.name, length, 0, END_OF_TIME_MS, NEWEST, newest=True))
        after_ms = seconds(query, "since") or 0
        return _result({market_id(symbol): _rendered(rows, after_ms), "last": self._last(rows, length)})

    def _last(self, rows: Sequence[Row], length: Interval) -> int:
        """Seconds of the newest finished candle."""
        return next((row[0] // 1_000 for row in reversed(rows) if not is_forming(self.market, row[0], length)), 0)


def _result(result: dict[str, Any]) -> Response:
    return JSONResponse({"error": [], "result": result})


def _rendered(rows: Sequence[Row], after_ms: int) -> list[list[Any]]:
    """Seconds, open, high, low, close, average, volume, trades."""
    return [
        [opens // 1_000, opened, high, low, close, close, volume, 1]
        for opens, opened, high, low, close, volume in rows
        if opens > after_ms
    ]


def _alternative(code: str) -> str:
    return _ALTERNATIVE.get(code, code)


def _asset(code: str) -> str:
    name = _alternative(code)
    return f"X{name}" if name in _OLD_COINS else f"Z{name}" if name in _OLD_MONEY else name


def _described_asset(code: str) -> dict[str, Any]:
    return {
        "aclass": "currency",
        "altname": _alternative(code),
        "decimals": 10,
        "display_decimals": 5,
        "status": "enabled",
    }


def _described_pair(symbol: Symbol) -> dict[str, Any]:
    base, quote = _alternative(symbol.base), _alternative(symbol.quote)
    return {
        "altname": base + quote,
        "wsname": f"{base}/{quote}",
        "aclass_base": "currency",
        "base": _asset(symbol.base),
        "aclass_quote": "currency",
        "quote": _asset(symbol.quote),
        "lot": "unit",
        "cost_decimals": 5,
        "pair_decimals": 1,
        "lot_decimals": 8,
        "lot_multiplier": 1,
        "leverage_buy": [],
        "leverage_sell": [],
        "fees": [[0, 0.4]],
        "fees_maker": [[0, 0.25]],
        "fee_volume_currency": "ZUSD",
        "margin_call": 80,
        "margin_stop": 40,
        "ordermin": "0.00005",
        "costmin": "0.5",
        "tick_size": "0.1",
        "status": "online" if symbol.is_active else "cancel_only",
    }
