"""A symbol on several exchanges, side by side."""

from datetime import timedelta
from typing import Any

import pytest

from domain.timerange import TimeRange
from tests import factories
from tests.api.client import Client
from tests.factories import START

COMPARE = """query(
    $symbol: String! = "BTC/USDT", $interval: Interval! = "1m", $exchanges: [String!], $from: DateTime, $to: DateTime,
    $limit: Int
) { compare(symbol: $symbol, interval: $interval, exchanges: $exchanges, from: $from, to: $to, limit: $limit) {
    time median spread relativeSpread isComplete
    series { exchange sourceInterval open high low close volume }
} }"""
OPENED = int(START.timestamp())


async def compare(api: Client, **arguments: Any) -> dict[str, Any]:
    found: dict[str, Any] = (await api.data(COMPARE, **arguments))["compare"]
    return found


async def collected(on: str, *rows: str | None, step: str = "1m", symbol: str = "BTC/USDT") -> None:
    """Candles from the start on, all covered."""
    pair = await factories.pair(symbol, step, on)
    await factories.trades(pair, START, *rows)
    length = timedelta(minutes=pair.timeframe.minutes)
    await factories.cover(pair, TimeRange(START, START + len(rows) * length))


async def closes(on: str, *prices: str | None, **where: str) -> None:
    await collected(on, *(f"{price} {price} {price} {price} 1" if price else None for price in prices), **where)


async def test_candles_of_a_slot_stand_side_by_side(api: Client) -> None:
    """In a column an exchange, in the order asked for, with null where an exchange has none; prices are exact."""
    await collected("binance", "1 3.50 0.5 2.10 7", None, "2 2 2 2 0")
    await collected("kraken", None, "5 6 5 5.000000000000000001 1", "4 4 4 4 3")

    found = await compare(api, exchanges=["kraken", "binance"])

    assert found["time"] == [OPENED, OPENED + 60, OPENED + 120]
    assert found["series"] == [
        {
            "exchange": "kraken",
            "sourceInterval": "1m",
            "open": [None, "5", "4"],
            "high": [None, "6", "4"],
            "low": [None, "5", "4"],
            "close": [None, "5.000000000000000001", "4"],
            "volume": [None, "1", "3"],
        },
        {
            "exchange": "binance",
            "sourceInterval": "1m",
            "open": ["1", None, "2"],
            "high": ["3.50", None, "2"],
            "low": ["0.5", None, "2"],
            "close": ["2.10", None, "2"],
            "volume": ["7", None, "0"],
        },
    ]


@pytest.mark.parametrize(
    ("prices", "median", "spread", "relative"),
    [
        (["100"], "100", "0", "0"),
        (["100.00", "101.00"], "100.5", "1.00", "0.0099502488"),
        (["103", "100", "101"], "101", "3", "0.0297029703"),
        (["4", "1", "3", "2"], "2.5", "3", "1.2"),
        (["0.00000001", "0.000000010000000001"], "0.0000000100000000005", "0.000000000000000001", "0.0000000001"),
        (["0", "0"], "0", "0", None),
        (["-2", "-4"], "-3", "2", "0.6666666667"),
    ],
)
async def test_a_slot_has_a_median_and_a_spread(
    api: Client, prices: list[str], median: str, spread: str, relative: str | None
) -> None:
    """Of the closes of the exchanges that have a candle there."""
    for place, price in enumerate(prices):
        await closes(f"exchange{place}", price)

    found = await compare(api)

    assert (found["median"], found["spread"], found["relativeSpread"]) == ([median], [spread], [relative])


async def test_all_exchanges_with_the_symbol_are_compared_by_name(api: Client) -> None:
    """Where none are named; not those that keep it at intervals that do not divide the one asked for."""
    for name in ("okx", "binance", "kraken"):
        await closes(name, "1")
    await closes("bybit", "1", step="1h")
    await closes("gate", "1", symbol="ETH/USDT")

    found = await compare(api)

    assert [series["exchange"] for series in found["series"]] == ["binance", "kraken", "okx"]


async def test_each_exchange_is_resampled_from_what_it_keeps(api: Client) -> None:
    """A slot is complete where it is so everywhere."""
    await collected("binance", *["1 4 1 2 1"] * 5, step="1m")
    await collected("kraken", "2 3 2 3 9", "2 3 2 3 9", step="5m")

    found = await compare(api, interval="5m")

    assert [series["sourceInterval"] for series in found["series"]] == ["1m", "5m"]
    assert [series["volume"] for series in found["series"]] == [["5", None], ["9", "9"]]
    assert (found["spread"], found["isComplete"]) == (["1", "0"], [True, False])


async def test_candles_off_the_grid_belong_to_their_slot(api: Client) -> None:
    """As exchanges really sent them after an outage."""
    await closes("binance", "1", step="4h")
    late = await factories.pair(step="4h", on="kraken")
    await factories.candles(late, [START + timedelta(hours=2)])

    found = await compare(api, interval="4h")

    assert [series["close"] for series in found["series"]] == [["1"], ["100.50"]]


@pytest.mark.parametrize(
    ("arguments", "first", "count"),
    [
        ({}, 0, 6),
        ({"limit": 2}, 4, 2),
        ({"limit": 3, "from": "2024-03-01T00:01:00Z"}, 1, 3),
        ({"limit": 2, "to": "2024-03-01T00:03:00Z"}, 1, 2),
        ({"from": "2024-03-01T00:01:00Z", "to": "2024-03-01T00:04:00Z"}, 1, 3),
    ],
)
async def test_a_start_gives_the_first_slots_and_none_the_latest(
    api: Client, arguments: dict[str, Any], first: int, count: int
) -> None:
    """Of all slots in which any exchange has a candle, however they are spread over the exchanges."""
    await closes("binance", "1", None, "1", None, "1", None)
    await closes("kraken", None, "1", None, "1", None, "1")

    found = await compare(api, **arguments)

    assert found["time"] == [OPENED + 60 * place for place in range(first, first + count)]


@pytest.mark.parametrize("arguments", [{"limit": 0}, {"to": "2020-01-01"}, {"from": "2024-03-01", "to": "2024-03-01"}])
async def test_columns_without_an_entry_are_there(api: Client, arguments: dict[str, Any]) -> None:
    """Those of each exchange, too."""
    await closes("binance", "1")
    await closes("kraken", "1")

    found = await compare(api, **arguments)

    assert found["time"] == found["median"] == found["spread"] == []
    assert [series["close"] for series in found["series"]] == [[], []]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"exchanges": ["binance", "kraken"]}, "NOT_FOUND"),
        ({"exchanges": ["binance", "\0"]}, "NOT_FOUND"),
        ({"symbol": "XRP/USDT"}, "NOT_FOUND"),
        ({"symbol": "\ud800"}, "NOT_FOUND"),
        ({"interval": "1s"}, "BAD_USER_INPUT"),
        ({"exchanges": ["binance"], "interval": "1s"}, "BAD_USER_INPUT"),
        ({"exchanges": []}, "BAD_USER_INPUT"),
        ({"exchanges": ["binance", "binance"]}, "BAD_USER_INPUT"),
        ({"limit": -1}, "BAD_USER_INPUT"),
        ({"limit": 10_001, "exchanges": ["binance"]}, "BAD_USER_INPUT"),
        ({"from": "2024-03-02", "to": "2024-03-01"}, "BAD_USER_INPUT"),
    ],
)
async def test_unusable_requests_are_refused(api: Client, arguments: dict[str, Any], code: str) -> None:
    """As for series, and what names no exchange or one that does not have the symbol."""
    await closes("binance", "1")
    assert (await api.error(COMPARE, **arguments))["code"] == code


async def test_many_exchanges_are_compared_in_smaller_pages(api: Client) -> None:
    """All of them, also where they are more than they are priced as; the error tells how long pages may be."""
    for place in range(12):
        await closes(f"exchange{place:02}", "1")

    query = '{ compare(symbol: "BTC/USDT", interval: "1m", limit: 4167) { series { exchange } } }'

    assert "limit is more than 4166" in (await api.error(query))["message"]
    series = (await api.data(query.replace("4167", "4166")))["compare"]["series"]
    assert series == [{"exchange": f"exchange{place:02}"} for place in range(12)]


async def test_a_comparison_is_two_statements(api: Client, statements: list[str]) -> None:
    """One for the series of all exchanges, one for their candles."""
    await closes("binance", "1")
    await closes("kraken", "1")
    statements.clear()

    await compare(api)

    assert len(statements) == 2
