"""Coins are named by CoinGecko when somebody asks, or by hand."""

import pytest

from domain.catalog import COINS
from domain.models import CatalogLoad, Coin
from domain.queue import QUEUE_NAME, redis
from domain.settings import Settings
from tests.api.client import Client
from tests.api.conftest import NOW

REFRESH = "mutation { refreshCoins { isQueued } }"
NAME = "mutation($input: SetCoinNameInput!) { setCoinName(input: $input) { coin { symbol name } } }"


async def test_coins_are_loaded_once_however_often_it_is_asked_for(api: Client, settings: Settings) -> None:
    """The mutation enqueues and does not wait."""
    for _ in range(2):
        assert (await api.data(REFRESH))["refreshCoins"] == {"isQueued": True}
    asked = await CatalogLoad.get(subject=COINS)

    assert (asked.is_open, asked.edition, asked.asked_at) == (True, 1, NOW)
    async with redis(settings.redis_url) as client:
        assert await client.zcard(QUEUE_NAME) == 1


async def test_a_coin_is_named_by_hand_until_the_hand_lets_go(api: Client) -> None:
    """Then it has CoinGecko's name again, or its symbol."""
    await Coin.create(symbol="BTC", name="Bitcoin", coingecko_name="Bitcoin")
    await Coin.create(symbol="NEW", name="NEW")
    named = await api.data(NAME, input={"symbol": "BTC", "name": " Digital gold "})
    freed = await api.data(NAME, input={"symbol": "BTC"})
    plain = await api.data(NAME, input={"symbol": "NEW", "name": None})

    assert named["setCoinName"]["coin"] == {"symbol": "BTC", "name": "Digital gold"}
    assert freed["setCoinName"]["coin"] == {"symbol": "BTC", "name": "Bitcoin"}
    assert plain["setCoinName"]["coin"] == {"symbol": "NEW", "name": "NEW"}


@pytest.mark.parametrize("name", ["", " ", "a\nb", "\0", "\ud800", "x" * 101])
async def test_what_is_no_name_is_refused(api: Client, name: str) -> None:
    """And then the coin keeps its own."""
    await Coin.create(symbol="BTC", name="Bitcoin")

    assert (await api.error(NAME, input={"symbol": "BTC", "name": name}))["code"] == "BAD_USER_INPUT"
    assert (await Coin.get(symbol="BTC")).name == "Bitcoin"


@pytest.mark.parametrize("symbol", ["NOPE", "btc", "", "\0", "\ud800"])
async def test_only_a_coin_that_is_there_is_named(api: Client, symbol: str) -> None:
    """By its symbol as it is."""
    await Coin.create(symbol="BTC", name="Bitcoin")

    assert (await api.error(NAME, input={"symbol": symbol, "name": "x"}))["code"] == "NOT_FOUND"
