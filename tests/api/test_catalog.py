"""Coins, exchanges, their markets, timeframes, and finding anything by its id."""

import pytest

from domain.models import Coin
from tests import factories
from tests.api.client import Client

COINS = "query($search: String, $first: Int, $after: String) { coins(search: $search, first: $first, after: $after) "
PAGE = """{
    totalCount nodes { symbol } edges { cursor node { symbol } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
} }"""


async def coins(*symbols: str) -> None:
    for symbol in symbols:
        await Coin.create(symbol=symbol, name=symbol.title())


def symbols(connection: dict[str, list[dict[str, str]]]) -> list[str]:
    return [node["symbol"] for node in connection["nodes"]]


async def test_coins_come_by_symbol_a_page_at_a_time(api: Client) -> None:
    """A walk with endCursor sees every coin once, in order, and knows where it ends."""
    await coins("ETH", "ADA", "XRP", "BTC", "SOL")

    first = (await api.data(COINS + PAGE, first=2))["coins"]
    second = (await api.data(COINS + PAGE, first=2, after=first["pageInfo"]["endCursor"]))["coins"]
    last = (await api.data(COINS + PAGE, first=2, after=second["pageInfo"]["endCursor"]))["coins"]

    assert [symbols(page) for page in (first, second, last)] == [["ADA", "BTC"], ["ETH", "SOL"], ["XRP"]]
    assert [page["pageInfo"]["hasNextPage"] for page in (first, second, last)] == [True, True, False]
    assert [page["pageInfo"]["hasPreviousPage"] for page in (first, second, last)] == [False, True, True]
    assert [page["totalCount"] for page in (first, second, last)] == [5, 5, 5]


async def test_a_cursor_survives_new_and_deleted_coins(api: Client) -> None:
    """A cursor is a place in the order, not a row number."""
    await coins("ADA", "BTC", "ETH")
    first = (await api.data(COINS + PAGE, first=2))["coins"]

    await coins("AAA", "DOT")
    await Coin.filter(symbol="BTC").delete()
    rest = (await api.data(COINS + PAGE, after=first["pageInfo"]["endCursor"]))["coins"]

    assert symbols(rest) == ["DOT", "ETH"]


async def test_edges_hold_the_nodes_with_their_cursors(api: Client) -> None:
    """The cursor of an edge continues behind that edge."""
    await coins("ADA", "BTC", "ETH")
    page = (await api.data(COINS + PAGE))["coins"]

    assert [edge["node"] for edge in page["edges"]] == page["nodes"]
    assert page["edges"][0]["cursor"] == page["pageInfo"]["startCursor"]
    behind = (await api.data(COINS + PAGE, after=page["edges"][1]["cursor"]))["coins"]
    assert symbols(behind) == ["ETH"]


async def test_an_empty_page_has_no_cursors(api: Client) -> None:
    """`first: 0` is a page without items that still tells whether there are any."""
    await coins("ADA")
    page = (await api.data(COINS + PAGE, first=0))["coins"]

    assert page["nodes"] == []
    assert page["pageInfo"] == {"hasNextPage": True, "hasPreviousPage": False, "startCursor": None, "endCursor": None}


async def test_null_counts_as_absent(api: Client) -> None:
    """A null argument or variable means what leaving it out means."""
    await coins("ADA")
    page = (await api.data(COINS + PAGE, first=None, after=None, search=None))["coins"]

    assert symbols(page) == ["ADA"]


@pytest.mark.parametrize("arguments", [{"first": -1}, {"first": 1001}, {"after": "x"}, {"after": "WyIxIiwiMiJd"}])
async def test_unusable_pages_are_refused(api: Client, arguments: dict[str, object]) -> None:
    """Counts beyond a page and cursors of nothing are the client's mistake."""
    assert (await api.error(COINS + PAGE, **arguments))["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize(
    ("search", "found"), [("bt", ["BTC"]), ("DA", ["ADA"]), ("%", []), ("_", []), ("\0", []), ("", ["ADA", "BTC"])]
)
async def test_coins_are_searched_by_a_part_in_any_case(api: Client, search: str, found: list[str]) -> None:
    """What is searched for is text, never a pattern."""
    await coins("ADA", "BTC")

    assert symbols((await api.data(COINS + PAGE, search=search))["coins"]) == found


async def test_a_coin_by_its_symbol(api: Client) -> None:
    """What is known about it, and null for what does not exist."""
    await Coin.create(symbol="BTC", name="Bitcoin", coingecko_id="bitcoin", market_cap_rank=1, image_url="https://x/y")
    fields = "{ id symbol name coingeckoId marketCapRank imageUrl }"
    data = await api.data('{ coin(symbol: "BTC") ' + fields + ' none: coin(symbol: "btc") { id } }')

    assert data["none"] is None
    assert data["coin"] == {
        "id": data["coin"]["id"],
        "symbol": "BTC",
        "name": "Bitcoin",
        "coingeckoId": "bitcoin",
        "marketCapRank": 1,
        "imageUrl": "https://x/y",
    }


async def test_a_coin_lists_its_pairs(api: Client) -> None:
    """Pairs of other coins are not among them, and the filter narrows them."""
    for symbol, step in (("BTC/USDT", "1h"), ("BTC/EUR", "1m"), ("BTC/USDT", "1m"), ("ETH/BTC", "1m")):
        await factories.pair(symbol, step)
    data = await api.data("""{ coin(symbol: "BTC") {
        all: pairs { totalCount nodes { symbol interval } }
        hourly: pairs(filter: {interval: "1h"}) { nodes { symbol } }
        other: pairs(filter: {coin: "ETH"}) { nodes { symbol } }
    } }""")

    listed = [(node["symbol"], node["interval"]) for node in data["coin"]["all"]["nodes"]]
    assert listed == [("BTC/EUR", "1m"), ("BTC/USDT", "1m"), ("BTC/USDT", "1h")]
    assert data["coin"]["all"]["totalCount"] == 3
    assert data["coin"]["hourly"]["nodes"] == [{"symbol": "BTC/USDT"}]
    assert data["coin"]["other"]["nodes"] == []


async def test_exchanges_come_by_name(api: Client) -> None:
    """All of them, or those that match."""
    await factories.exchange("okx", is_active=False)
    await factories.exchange("kraken", rate_limit=1000, timeout=20_000, intervals=["1m", "1M"])
    data = await api.data("""{
        exchanges { name isActive }
        on: exchanges(isActive: true) { name adapter intervals rateLimit timeout marketsRefreshedAt }
        found: exchanges(search: "OK") { name }
        exchange(name: "kraken") { name }
        none: exchange(name: "krake") { name }
    }""")

    assert data["exchanges"] == [{"name": "kraken", "isActive": True}, {"name": "okx", "isActive": False}]
    assert data["on"] == [
        {
            "name": "kraken",
            "adapter": "kraken",
            "intervals": ["1m", "1M"],
            "rateLimit": 1000,
            "timeout": 20000,
            "marketsRefreshedAt": None,
        }
    ]
    assert data["found"] == [{"name": "okx"}]
    assert (data["exchange"], data["none"]) == ({"name": "kraken"}, None)


async def test_an_exchange_lists_its_markets(api: Client) -> None:
    """By symbol, searched by a part of it, delisted ones marked."""
    for symbol, is_active in (("ETH/USDT", True), ("BTC/USDT", True), ("BTC/EUR", False)):
        await factories.market(symbol, is_active=is_active)
    await factories.market("XRP/USDT", on="kraken")
    data = await api.data("""{ exchange(name: "binance") {
        markets(first: 2) { totalCount nodes { symbol base quote isActive } pageInfo { hasNextPage } }
        found: markets(search: "usdt") { nodes { symbol } }
        pairs { totalCount }
    } }""")

    assert data["exchange"]["markets"] == {
        "totalCount": 3,
        "nodes": [
            {"symbol": "BTC/EUR", "base": "BTC", "quote": "EUR", "isActive": False},
            {"symbol": "BTC/USDT", "base": "BTC", "quote": "USDT", "isActive": True},
        ],
        "pageInfo": {"hasNextPage": True},
    }
    assert data["exchange"]["found"]["nodes"] == [{"symbol": "BTC/USDT"}, {"symbol": "ETH/USDT"}]
    assert data["exchange"]["pairs"]["totalCount"] == 0


async def test_timeframes_come_shortest_first(api: Client) -> None:
    """The standard ones exist from the start."""
    timeframes = (await api.data("{ timeframes { interval minutes } }"))["timeframes"]

    assert [item["interval"] for item in timeframes[:5]] == ["1m", "3m", "5m", "15m", "30m"]
    assert timeframes[-1] == {"interval": "1M", "minutes": 43200}


async def test_every_entity_is_found_by_its_id(api: Client) -> None:
    """The id alone tells what it is."""
    pair = await factories.pair()
    job = await factories.job(pair)
    entities = {
        "Coin": pair.coin.id,
        "Exchange": pair.exchange.id,
        "Timeframe": pair.timeframe.id,
        "Pair": pair.id,
        "SyncJob": job.id,
    }
    for name, key in entities.items():
        data = await api.data("query($id: ID!) { node(id: $id) { __typename id } }", id=str(key))

        assert data["node"] == {"__typename": name, "id": str(key)}


@pytest.mark.parametrize("key", [factories.NO_ID, "", "x", "0", "\0", "\ud800", "x" * 50_000])
async def test_an_id_of_nothing_is_null(api: Client, key: str) -> None:
    """Malformed or merely unknown: there is no such node."""
    assert (await api.data("query($id: ID!) { node(id: $id) { id } }", id=key))["node"] is None
