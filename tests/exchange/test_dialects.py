"""Each dialect as an unmodified CCXT client meets it."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import ccxt.async_support as ccxt
import pytest

from domain.candle import Row
from domain.clock import milliseconds
from domain.interval import interval
from tests.exchange.conftest import HISTORY, Client
from tests.exchange.dialects.registry import DIALECTS
from tests.exchange.market import MemoryMarket
from tests.exchange.server import LoopbackExchange

MINUTE_MS = 60_000

MOST_ROWS = {
    "binance": 1_000,
    "bitfinex": HISTORY,
    "bitget": 1_000,
    "bitstamp": 1_000,
    "bybit": 1_000,
    "coinbase": 300,
    "coinbaseexchange": 300,
    "cryptocom": 300,
    "gate": 1_000,
    "htx": 1_000,
    "kucoin": 1_500,
    "mexc": 500,
    "okx": 300,
}
SKIPS_AHEAD = {"binance", "bitfinex", "bybit", "htx"}
SERVES_NEWEST_ONLY = {"gemini": 1_440, "kraken": 721}
UNTIL_IS_EXCLUSIVE = {"bitget", "okx"}
UNTIL_IS_NOT_SENT = {"cryptocom", "kucoin"}  # not beside a limit
SAYS_NOT_WHETHER_ACTIVE = {"bitfinex", "gemini"}
UNKNOWN_SYMBOL = {
    "binance": ccxt.BadSymbol,
    "bitfinex": ccxt.BadSymbol,
    "bitget": ccxt.ExchangeError,
    "bitstamp": ccxt.ExchangeError,
    "bybit": ccxt.BadSymbol,
    "coinbase": ccxt.ExchangeError,
    "coinbaseexchange": ccxt.OrderNotFound,
    "cryptocom": ccxt.BadSymbol,
    "gate": ccxt.BadSymbol,
    "gemini": ccxt.BadRequest,
    "htx": ccxt.BadSymbol,
    "kraken": ccxt.ExchangeError,
    "kucoin": ccxt.ExchangeError,
    "mexc": ccxt.BadSymbol,
    "okx": ccxt.BadSymbol,
}
UNKNOWN_TIMEFRAME_IS_PLAIN = {"bitstamp", "coinbaseexchange", "gemini"}
PAGED = sorted(MOST_ROWS)


def shown(market: MemoryMarket) -> list[Row]:
    """What the market shows of BTC/USDT, the forming row among it."""
    *closed, (opens_ms, opened, *_) = market.held("BTC/USDT", "1m")
    return [*closed, (opens_ms, opened, opened, opened, opened, "0")]


def exactly(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """Rows with exact numbers: some exchanges send them as JSON numbers, which CCXT writes as 2.345e-05."""
    return [[row[0], *map(Decimal, row[1:])] for row in rows]


@pytest.mark.parametrize("exchange", sorted(DIALECTS))
async def test_markets_load(client: Client, exchange: str) -> None:
    """CCXT reads the market list: symbols by their unified names, the retired one inactive."""
    markets = await client(exchange).load_markets(True)

    assert {"BTC/USDT", "BTC/USD", "ETH/BTC"} == markets.keys()
    assert markets["BTC/USDT"]["spot"]
    if exchange not in SAYS_NOT_WHETHER_ACTIVE:
        assert markets["BTC/USDT"]["active"] is True
        assert markets["ETH/BTC"]["active"] is False


@pytest.mark.parametrize("exchange", PAGED)
async def test_a_page_begins_at_since(client: Client, market: MemoryMarket, exchange: str) -> None:
    """With since and the largest limit the rows are those of the market from since on, oldest first."""
    since = market.held("BTC/USDT", "1m")[50][0]
    page = await client(exchange).fetch_ohlcv("BTC/USDT", "1m", since, MOST_ROWS[exchange])

    assert exactly(page) == exactly(shown(market)[50 : 50 + MOST_ROWS[exchange]])


@pytest.mark.parametrize("exchange", sorted(DIALECTS))
async def test_the_last_row_is_forming(client: Client, market: MemoryMarket, exchange: str) -> None:
    """Without since the newest rows come, the last of them the one that is not over."""
    page = await client(exchange).fetch_ohlcv("BTC/USDT", "1m", None, 10)

    assert exactly(page) == exactly(shown(market)[-10:])


@pytest.mark.parametrize("exchange", sorted(SERVES_NEWEST_ONLY))
async def test_only_the_newest_are_served(client: Client, market: MemoryMarket, exchange: str) -> None:
    """However old since is, the page begins where the exchange's horizon is."""
    held = market.held("BTC/USD", "1m")
    page = await client(exchange).fetch_ohlcv("BTC/USD", "1m", held[0][0])
    recent = await client(exchange).fetch_ohlcv("BTC/USD", "1m", held[-20][0])

    assert [row[0] for row in page] == [row[0] for row in held[-SERVES_NEWEST_ONLY[exchange] :]]
    assert [row[0] for row in recent] == [row[0] for row in held[-20:]]


@pytest.mark.parametrize("exchange", PAGED)
async def test_before_the_listing(client: Client, market: MemoryMarket, exchange: str) -> None:
    """A window that ends before the listing is empty, unless the exchange skips ahead to the first rows."""
    listed = market.held("BTC/USDT", "1m")[0][0]
    page = await client(exchange).fetch_ohlcv("BTC/USDT", "1m", listed - 2_000 * MINUTE_MS, 100)

    expected = market.held("BTC/USDT", "1m")[:100] if exchange in SKIPS_AHEAD else []
    assert exactly(page) == exactly(expected)


@pytest.mark.parametrize("exchange", PAGED)
async def test_the_future_is_empty(client: Client, now: datetime, exchange: str) -> None:
    """From the next minute on there is nothing."""
    since = milliseconds(interval("1m").next(now))
    assert await client(exchange).fetch_ohlcv("BTC/USDT", "1m", since, 10) == []


@pytest.mark.parametrize("exchange", [one for one in PAGED if one not in UNTIL_IS_NOT_SENT])
async def test_until_bounds_the_page(client: Client, market: MemoryMarket, exchange: str) -> None:
    """The row that opens at `until` belongs to the page, except where the bound is exclusive."""
    held = market.held("BTC/USDT", "1m")[-300:]
    page = await client(exchange).fetch_ohlcv("BTC/USDT", "1m", held[0][0], 100, {"until": held[60][0]})

    assert len(page) == (60 if exchange in UNTIL_IS_EXCLUSIVE else 61)


@pytest.mark.parametrize("exchange", sorted(DIALECTS))
async def test_an_unknown_symbol_is_refused(client: Client, market: MemoryMarket, exchange: str) -> None:
    """A symbol that went after the market list was loaded raises what CCXT makes of the exchange's words."""
    ccxt_client = client(exchange)
    await ccxt_client.load_markets()
    market.remove("BTC/USDT")

    with pytest.raises(ccxt.BaseError) as refusal:
        await ccxt_client.fetch_ohlcv("BTC/USDT", "1m", None, 10)
    assert refusal.type is UNKNOWN_SYMBOL[exchange]


@pytest.mark.parametrize("exchange", sorted(DIALECTS))
async def test_an_unknown_timeframe_is_refused(client: Client, exchange: str) -> None:
    """CCXT sends timeframes that it does not know, and the exchange refuses them."""
    with pytest.raises(ccxt.ExchangeError) as refusal:
        await client(exchange).fetch_ohlcv("BTC/USDT", "7m", None, 10)

    assert refusal.type is (ccxt.ExchangeError if exchange in UNKNOWN_TIMEFRAME_IS_PLAIN else ccxt.BadRequest)


@pytest.mark.parametrize("exchange", sorted(DIALECTS))
async def test_asking_too_often_is_refused(client: Client, loopback: LoopbackExchange, exchange: str) -> None:
    """The exchange's own refusal maps to a rate-limit error, and Retry-After can be read."""
    ccxt_client = client(exchange)
    await ccxt_client.load_markets()
    limit = loopback.limit(exchange, per_second=2, retry_after=7)

    for _ in range(2):
        await ccxt_client.fetch_ohlcv("BTC/USDT", "1m", None, 10)
    with pytest.raises((ccxt.RateLimitExceeded, ccxt.DDoSProtection)):
        await ccxt_client.fetch_ohlcv("BTC/USDT", "1m", None, 10)
    assert ccxt_client.last_response_headers["Retry-After"] == "7"
    assert limit.refused == 1
