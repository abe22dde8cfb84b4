"""One series of a coin over all exchanges."""

from decimal import Decimal
from typing import Any

import pytest

from domain.timerange import TimeRange
from tests import factories
from tests.api.client import Client
from tests.factories import START, minutes

WEIGHTED = """query($quote: String! = "USDT", $interval: Interval! = "1m", $from: DateTime, $limit: Int = 500) {
    coin(symbol: "BTC") { series(quote: $quote, interval: $interval, from: $from, limit: $limit) {
        exchanges time open high low close volume contributors isComplete
    } }
}"""


async def weighted(api: Client, **arguments: Any) -> dict[str, Any]:
    found: dict[str, Any] = (await api.data(WEIGHTED, **arguments))["coin"]["series"]
    return found


async def collected(on: str, *rows: str | None, symbol: str = "BTC/USDT") -> None:
    pair = await factories.pair(symbol, on=on)
    await factories.trades(pair, START, *rows)
    await factories.cover(pair, TimeRange(START, START + minutes(len(rows))))


async def test_prices_are_weighted_by_volume(api: Client) -> None:
    """Each of the four; volumes add up, and each candle tells how many exchanges it is made of."""
    await collected("binance", "10.00 14.00 9.00 12.00 3", "5 5 5 5 2")
    await collected("kraken", "14.00 16.00 13.00 14.00 1", None)

    assert await weighted(api) == {
        "exchanges": ["binance", "kraken"],
        "time": [int(START.timestamp()), int(START.timestamp()) + 60],
        "open": ["11.00", "5"],
        "high": ["14.50", "5"],
        "low": ["10.00", "5"],
        "close": ["12.50", "5"],
        "volume": ["4", "2"],
        "contributors": [2, 1],
        "isComplete": [True, True],
    }


async def test_prices_are_rounded_to_the_digits_of_the_most_exact(api: Client) -> None:
    """All four of a candle alike, so that the highest stays the highest."""
    await collected("binance", "1 1 1 1 1")
    await collected("kraken", "2 2.0001 2 2 2")

    found = await weighted(api)

    assert [found[price] for price in ("open", "high", "low", "close")] == [
        ["1.6667"],
        ["1.6667"],
        ["1.6667"],
        ["1.6667"],
    ]


async def test_who_did_not_trade_does_not_count(api: Client) -> None:
    """Unless nobody did: then all count alike."""
    await collected("binance", "1 1 1 1 5", "1.0 1.0 1.0 1.0 0")
    await collected("kraken", "9 9 9 9 0", "2.0 2.0 2.0 2.0 0")

    found = await weighted(api)

    assert (found["close"], found["contributors"], found["volume"]) == (["1", "1.5"], [1, 2], ["5", "0"])


async def test_means_stay_between_the_exchanges(api: Client) -> None:
    """As exact arithmetic says, to the last digit, for prices and volumes of any size."""
    rows = {
        "binance": ("0.00000012", "123456789.123456789"),
        "kraken": ("0.00000013", "0.000000001"),
        "okx": ("0.000000119", "99999999999"),
    }
    for name, (price, volume) in rows.items():
        await collected(name, f"{price} {price} {price} {price} {volume}")

    found = await weighted(api)

    traded = [(Decimal(price), Decimal(volume)) for price, volume in rows.values()]
    total = sum((volume for _, volume in traded), Decimal(0))
    exact = sum((price * volume for price, volume in traded), Decimal(0)) / total
    assert Decimal(found["close"][0]) == exact.quantize(Decimal("1e-9"))
    assert Decimal(found["volume"][0]) == total


async def test_only_spot_pairs_of_the_quote_take_part(api: Client) -> None:
    """Contracts count their volume in something else."""
    await collected("binance", "1 1 1 1 1")
    await collected("kraken", "2 2 2 2 1", symbol="BTC/EUR")
    await collected("okx", "3 3 3 3 1", symbol="BTC/USDT")

    assert (await weighted(api))["exchanges"] == ["binance", "okx"]
    assert (await weighted(api, quote="EUR"))["exchanges"] == ["kraken"]


async def test_a_candle_is_complete_where_all_that_it_is_made_of_are(api: Client) -> None:
    """An exchange without a candle there does not count."""
    await collected("binance", *["1 1 1 1 1"] * 10)
    await collected("kraken", *["1 1 1 1 1"] * 6)

    found = await weighted(api, interval="5m")

    assert (found["contributors"], found["isComplete"]) == ([2, 2], [True, False])


async def test_a_start_gives_the_first_ones_and_none_the_latest(api: Client) -> None:
    """As for every series."""
    await collected("binance", *(f"{price} {price} {price} {price} 1" for price in range(1, 6)))

    assert (await weighted(api, limit=2))["close"] == ["4", "5"]
    assert (await weighted(api, limit=2, **{"from": "2024-03-01T00:01:00Z"}))["close"] == ["2", "3"]
    assert (await weighted(api, limit=0))["close"] == []


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"quote": "EUR"}, "NOT_FOUND"),
        ({"quote": "\0"}, "NOT_FOUND"),
        ({"interval": "1s"}, "BAD_USER_INPUT"),
        ({"limit": -1}, "BAD_USER_INPUT"),
    ],
)
async def test_unusable_requests_are_refused(api: Client, arguments: dict[str, Any], code: str) -> None:
    """As for series."""
    await collected("binance", "1 1 1 1 1")
    assert (await api.error(WEIGHTED, **arguments))["code"] == code
