"""The exchanges that can be imitated, by CCXT id."""

from collections.abc import Callable, Mapping
from typing import Final

from starlette.types import ASGIApp

from ops.sandbox.binance import binance
from ops.sandbox.series import MarketData
from tests.exchange.dialects.bitfinex import bitfinex
from tests.exchange.dialects.bitget import bitget
from tests.exchange.dialects.bitstamp import bitstamp
from tests.exchange.dialects.bybit import bybit
from tests.exchange.dialects.coinbase import coinbase
from tests.exchange.dialects.coinbaseexchange import coinbaseexchange
from tests.exchange.dialects.cryptocom import cryptocom
from tests.exchange.dialects.gate import gate
from tests.exchange.dialects.gemini import gemini
from tests.exchange.dialects.htx import htx
from tests.exchange.dialects.kraken import kraken
from tests.exchange.dialects.kucoin import kucoin
from tests.exchange.dialects.mexc import mexc
from tests.exchange.dialects.okx import okx

DIALECTS: Final[Mapping[str, Callable[[MarketData], ASGIApp]]] = {
    "binance": binance,
    "bitfinex": bitfinex,
    "bitget": bitget,
    "bitstamp": bitstamp,
    "bybit": bybit,
    "coinbase": coinbase,
    "coinbaseexchange": coinbaseexchange,
    "cryptocom": cryptocom,
    "gate": gate,
    "gemini": gemini,
    "htx": htx,
    "kraken": kraken,
    "kucoin": kucoin,
    "mexc": mexc,
    "okx": okx,
}
