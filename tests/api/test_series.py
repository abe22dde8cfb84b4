"""Candles as columns of numbers."""

from typing import Any

import httpx
import pytest

from tests import factories
from tests.api.client import Client
from tests.factories import START

SERIES = """query(
    $exchange: String! = "binance", $from: DateTime, $to: DateTime, $limit: Int, $fill: Fill! = NONE
) { series(
    exchange: $exchange, symbol: "BTC/USDT", interval: "1m", from: $from, to: $to, limit: $limit, fill: $fill
) { count sourceInterval time open high low close volume } }"""


async def series(api: Client, **arguments: Any) -> dict[str, Any]:
    found: dict[str, Any] = (await api.data(SERIES, **arguments))["series"]
    return found


@pytest.fixture(autouse=True)
async def many(api: Client) -> None:
    """510 candles, the nth with a volume of n."""
    await factories.history(await factories.pair(), 510)


async def test_columns_are_numbers_of_one_length(api: Client) -> None:
    """Times in whole seconds, prices and volumes as floats."""
    found = await series(api, limit=2)

    assert found == {
        "count": 2,
        "sourceInterval": "1m",
        "time": [int(START.timestamp()) + 60 * 508, int(START.timestamp()) + 60 * 509],
        "open": [100.5, 100.5],
        "high": [100.5, 100.5],
        "low": [100.5, 100.5],
        "close": [100.5, 100.5],
        "volume": [509.0, 510.0],
    }


@pytest.mark.parametrize(
    ("arguments", "count", "oldest"),
    [
        ({}, 500, 11.0),
        ({"limit": None}, 500, 11.0),
        ({"from": "2024-03-01T00:00:00Z"}, 500, 1.0),
        ({"from": "2024-03-01T00:10:00Z", "limit": 3}, 3, 11.0),
        ({"to": "2024-03-01T00:10:00Z"}, 10, 1.0),
        ({"to": "2024-03-01T00:10:00Z", "limit": 3}, 3, 8.0),
        ({"limit": 10_000}, 510, 1.0),
    ],
)
async def test_a_start_gives_the_first_ones_and_none_the_latest(
    api: Client, arguments: dict[str, Any], count: int, oldest: float
) -> None:
    """500 where no limit is given, always oldest first."""
    found = await series(api, **arguments)

    assert (found["count"], found["volume"][0]) == (count, oldest)


async def test_a_limit_of_zero_is_empty(api: Client) -> None:
    """Every column is there, without an entry."""
    found = await series(api, limit=0)

    assert (found["count"], found["time"], found["volume"]) == (0, [], [])


@pytest.mark.parametrize(
    "arguments",
    [
        {"limit": -1},
        {"limit": 10_001},
        {"from": "2024-03-02", "to": "2024-03-01"},
    ],
)
async def test_unusable_requests_are_refused(api: Client, arguments: dict[str, Any]) -> None:
    """As for candles."""
    assert (await api.error(SERIES, **arguments))["code"] == "BAD_USER_INPUT"


async def test_a_series_of_nothing_is_not_found(api: Client) -> None:
    """As for candles."""
    assert (await api.error(SERIES, exchange="okx"))["code"] == "NOT_FOUND"


async def test_numbers_have_the_digits_that_are_stored(http: httpx.AsyncClient) -> None:
    """More than a double holds, without exponent; zeros at the end stay."""
    pair = await factories.pair("ETH/USDT")
    await factories.candles(pair, [START], price="0.00000012345678901234567890")
    await factories.candles(pair, [START + factories.minutes(1)], price="123456789012345678901.50")

    query = '{ series(exchange: "binance", symbol: "ETH/USDT", interval: "1m") { low volume } }'
    answer = await http.post("/graphql", json={"query": query})

    columns = '"series":{"low":[0.00000012345678901234567890,123456789012345678901.50],"volume":[1,1]}'
    assert columns in answer.text


async def test_columns_are_read_by_one_statement(api: Client, statements: list[str]) -> None:
    """However many are asked for, and under whatever names."""
    await api.data(SERIES)
    statements.clear()
    await api.data(
        '{ series(exchange: "binance", symbol: "BTC/USDT", interval: "1m") { a: open b: open time count close } }'
    )
    assert len([said for said in statements if "FROM candles" in said]) == 1


async def test_the_count_can_be_asked_for_alone(api: Client) -> None:
    """Without any column."""
    query = '{ series(exchange: "binance", symbol: "BTC/USDT", interval: "1m", limit: 7) { n: count } }'
    assert (await api.data(query))["series"] == {"n": 7}


async def test_what_takes_no_candle_is_answered(api: Client) -> None:
    """The stored interval and the type's name."""
    query = '{ series(exchange: "binance", symbol: "BTC/USDT", interval: "1h") { sourceInterval __typename } }'
    assert (await api.data(query))["series"] == {"sourceInterval": "1m", "__typename": "CandleSeries"}
