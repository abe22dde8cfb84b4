"""A loopback exchange for all tests here, with a fresh market for each."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import ccxt.async_support as ccxt
import pytest

from domain.interval import interval
from tests.exchange.ccxt_config import ccxt_config
from tests.exchange.made_up import contiguous
from tests.exchange.market import MemoryMarket, SettableClock
from tests.exchange.server import LoopbackExchange

HISTORY = 1_600  # minutes, past what any exchange counts as recent

Client = Callable[[str], Any]


@pytest.fixture
def now() -> datetime:
    """The time of this machine, since CCXT works out some windows from it; never near the turn of a minute.

    There the windows of CCXT, which run on, and the market's clock, which does not, would differ by a candle.
    """
    while datetime.now(UTC).second in {57, 58, 59, 0}:
        time.sleep(0.1)
    return datetime.now(UTC)


@pytest.fixture
def market(now: datetime) -> MemoryMarket:
    """Three symbols, minute by minute from the listing to the minute under way; the last is no longer traded."""
    market = MemoryMarket(SettableClock(now))
    minute = interval("1m")
    for seed, symbol in enumerate(("BTC/USDT", "BTC/USD", "ETH/BTC")):
        start = minute.floor(now) - timedelta(minutes=HISTORY - 1)
        market.put(symbol, "1m", contiguous(minute, start, HISTORY, price="0.0000234500", seed=seed))
    market.retire("ETH/BTC")
    return market


@pytest.fixture(scope="session")
def shared_loopback() -> Iterator[LoopbackExchange]:
    with LoopbackExchange(MemoryMarket(lambda: datetime.now(UTC))) as exchange:
        yield exchange


@pytest.fixture
def loopback(shared_loopback: LoopbackExchange, market: MemoryMarket) -> LoopbackExchange:
    shared_loopback.reset()
    shared_loopback.serve(market)
    return shared_loopback


@pytest.fixture(scope="session")
async def shared_clients(shared_loopback: LoopbackExchange) -> AsyncIterator[dict[str, Any]]:
    """Closing one takes CCXT a quarter of a second."""
    made: dict[str, Any] = {}
    yield made
    await asyncio.gather(*(one.close() for one in made.values()))


@pytest.fixture
def client(loopback: LoopbackExchange, shared_clients: dict[str, Any]) -> Client:
    """Gives unmodified CCXT clients with exact numbers and without their own pauses."""

    def give(exchange: str) -> Any:
        if exchange not in shared_clients:
            config = {**ccxt_config(exchange, loopback.url(exchange)), "enableRateLimit": False, "timeout": 2_000}
            shared_clients[exchange] = getattr(ccxt, exchange)(config)
            shared_clients[exchange].number = str
        return shared_clients[exchange]

    return give
