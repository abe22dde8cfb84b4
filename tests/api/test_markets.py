"""Searching what an exchange lists."""

from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Any

import pytest

from domain.database import connection
from domain.settings import Settings
from domain.storage import markets
from tests import factories
from tests.api.client import Client
from tests.api.conftest import NOW

MARKETS = """query($search: String, $base: String, $quote: String, $isActive: Boolean, $first: Int, $after: String) {
    exchange(name: "binance") {
        markets(
            search: $search, base: $base, quote: $quote, isActive: $isActive, first: $first, after: $after
        ) { nodes { symbol } pageInfo { endCursor hasNextPage } totalCount }
    }
}"""


@pytest.fixture
async def listed() -> None:
    for symbol in ("BTC/USDT", "ETH/BTC", "BTCB/USDT", "ABTC/EUR", "ETH/USDT", "WBTC/ETH", "USDT/DAI"):
        await factories.market(symbol)
    await factories.market("BTC/EUR", is_active=False)
    await factories.market("BTC/JPY", on="okx")


async def find(api: Client, **arguments: Any) -> list[str]:
    found = (await api.data(MARKETS, **arguments))["exchange"]["markets"]
    assert found["totalCount"] == len(found["nodes"])
    return [node["symbol"] for node in found["nodes"]]


@pytest.mark.usefixtures("listed")
@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ({"search": "btc"}, ["BTC/EUR", "BTC/USDT", "BTCB/USDT", "ETH/BTC", "ABTC/EUR", "WBTC/ETH"]),
        ({"search": "BTC/USDT"}, ["BTC/USDT"]),
        ({"search": "btcusdt"}, ["BTC/USDT"]),
        ({"search": "btc/"}, ["BTC/EUR", "BTC/USDT", "ABTC/EUR", "WBTC/ETH"]),
        ({"search": "usdt"}, ["USDT/DAI", "BTC/USDT", "BTCB/USDT", "ETH/USDT"]),
        ({"search": "btc", "isActive": True, "quote": "usdt"}, ["BTC/USDT", "BTCB/USDT"]),
        ({"base": "btc"}, ["BTC/EUR", "BTC/USDT"]),
        ({"quote": "Eur", "isActive": False}, ["BTC/EUR"]),
        ({"search": "%"}, []),
        ({"search": "b_c"}, []),
        ({"search": "\ud800"}, []),
        ({"search": "\0", "base": "BTC"}, []),
        ({"base": "\0"}, []),
        ({"search": "x" * 50_000}, []),
    ],
)
async def test_the_likeliest_come_first(api: Client, arguments: dict[str, Any], found: list[str]) -> None:
    """The coin or symbol itself, what begins with it, what is priced in it, what contains it; each by symbol."""
    assert await find(api, **arguments) == found


@pytest.mark.usefixtures("listed")
async def test_a_search_is_walked_page_by_page(api: Client) -> None:
    """Every market comes once, in the same order."""
    whole, walked, after = await find(api, search="btc"), list[str](), None
    while True:
        page = (await api.data(MARKETS, search="btc", first=2, after=after))["exchange"]["markets"]
        walked += [node["symbol"] for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]

    assert walked == whole


async def test_markets_tell_when_they_came_and_went(api: Client) -> None:
    """As far as it is known."""
    await factories.market("BTC/USDT", listed_at=NOW)
    await factories.market("OLD/USDT", is_active=False, delisted_at=NOW)
    data = await api.data('{ exchange(name: "binance") { markets { nodes { symbol listedAt delistedAt } } } }')

    assert data["exchange"]["markets"]["nodes"] == [
        {"symbol": "BTC/USDT", "listedAt": "2024-03-01T12:00:30Z", "delistedAt": None},
        {"symbol": "OLD/USDT", "listedAt": None, "delistedAt": "2024-03-01T12:00:30Z"},
    ]


MANY = """
INSERT INTO markets (exchange_id, symbol, base, quote)
SELECT $1, 'C' || n || '/USDT', 'C' || n, 'USDT' FROM generate_series(1, 100000) AS n
"""


async def test_a_search_among_100000_markets_costs_about_as_much_as_counting_them(settings: Settings) -> None:
    """And a page of the whole list next to nothing, however far behind."""
    exchange = await factories.exchange()
    async with connection() as db:
        await db.execute(MANY, exchange.id)
        await db.execute("ANALYZE markets")
        counting = await least(lambda: db.fetchval("SELECT count(upper(symbol)) FROM markets"))
    searching = await least(lambda: markets.listed(exchange.id, "C777").page(None, 51))
    turning = await least(lambda: markets.listed(exchange.id).page(["C5"], 51))

    assert searching < 10 * counting
    assert turning < counting


async def least(ask: Callable[[], Awaitable[object]]) -> float:
    """Seconds that it takes when nothing else runs."""
    taken = []
    for _ in range(5):
        began_at = perf_counter()
        await ask()
        taken.append(perf_counter() - began_at)
    return min(taken)
