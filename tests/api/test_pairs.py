"""Pairs: listing, filtering, what is known about each, and at what cost."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.interval import interval
from domain.models import Coin, PairStatus
from domain.timerange import TimeRange
from tests import factories
from tests.api.client import Client
from tests.factories import START

LIST = """query($filter: PairFilter, $first: Int, $after: String) {
    pairs(filter: $filter, first: $first, after: $after) {
        totalCount nodes { exchange { name } symbol interval } pageInfo { hasNextPage endCursor }
    }
}"""


def named(connection: dict[str, list[dict[str, dict[str, str]]]]) -> list[str]:
    return [f"{node['exchange']['name']} {node['symbol']} {node['interval']}" for node in connection["nodes"]]


async def test_pairs_come_by_exchange_symbol_and_length(api: Client) -> None:
    """An interval sorts by its length, not by its text; pages of one see all in that order."""
    for on, symbol, step in (
        ("okx", "BTC/USDT", "1m"),
        ("binance", "ETH/USDT", "1d"),
        ("binance", "BTC/USDT", "15m"),
        ("binance", "BTC/USDT", "2h"),
        ("binance", "BTC/USDT", "1M"),
    ):
        await factories.pair(symbol, step, on)
    whole = (await api.data(LIST))["pairs"]
    walked, after = [], None
    for _ in range(5):
        page = (await api.data(LIST, first=1, after=after))["pairs"]
        walked += named(page)
        after = page["pageInfo"]["endCursor"]

    assert named(whole) == walked
    assert walked == [
        "binance BTC/USDT 15m",
        "binance BTC/USDT 2h",
        "binance BTC/USDT 1M",
        "binance ETH/USDT 1d",
        "okx BTC/USDT 1m",
    ]
    assert page["pageInfo"]["hasNextPage"] is False


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"exchange": "okx"}, ["okx BTC/USDT 1h"]),
        ({"symbol": "ETH/BTC"}, ["binance ETH/BTC 1m"]),
        ({"coin": "BTC"}, ["binance BTC/USDT 1m", "okx BTC/USDT 1h"]),
        ({"interval": "1h"}, ["okx BTC/USDT 1h"]),
        ({"isActive": False}, ["binance BTC/USDT 1m"]),
        ({"status": "FAILED"}, ["binance ETH/BTC 1m"]),
        ({"status": "PENDING", "coin": "BTC"}, ["binance BTC/USDT 1m", "okx BTC/USDT 1h"]),
        ({"exchange": "okx", "coin": "ETH"}, []),
        ({"exchange": None, "symbol": "BTC/USDT", "interval": "1m"}, ["binance BTC/USDT 1m"]),
        ({"exchange": "o\0kx"}, []),
        ({"symbol": "x" * 50_000}, []),
    ],
)
async def test_filters_narrow_pairs(api: Client, wanted: dict[str, object], found: list[str]) -> None:
    """Every field of the filter that is given must match; totalCount counts what matches."""
    await factories.pair("BTC/USDT", "1m", "binance", is_active=False)
    await factories.pair("ETH/BTC", "1m", "binance", status=PairStatus.FAILED)
    await factories.pair("BTC/USDT", "1h", "okx")
    page = (await api.data(LIST, filter=wanted))["pairs"]

    assert named(page) == found
    assert page["totalCount"] == len(found)


async def test_a_pair_by_what_identifies_it(api: Client) -> None:
    """Exchange, symbol and interval name one pair, or none."""
    made = await factories.pair("BTC/USDT", "1h")
    await factories.history(made, 1, interval("1h").floor(datetime.now(UTC)) - timedelta(hours=1))
    data = await api.data("""{
        pair(exchange: "binance", symbol: "BTC/USDT", interval: "1h") {
            id symbol base quote interval isActive status
            coin { symbol } exchange { name } timeframe { minutes interval }
        }
        none: pair(exchange: "binance", symbol: "BTC/USDT", interval: "1m") { id }
    }""")

    assert data["none"] is None
    assert data["pair"] == {
        "id": str(made.id),
        "symbol": "BTC/USDT",
        "base": "BTC",
        "quote": "USDT",
        "interval": "1h",
        "isActive": True,
        "status": "SYNCED",
        "coin": {"symbol": "BTC"},
        "exchange": {"name": "binance"},
        "timeframe": {"minutes": 60, "interval": "1h"},
    }


async def test_the_latest_candle_is_exact(api: Client) -> None:
    """Digit for digit what was stored; null where nothing is."""
    pair = await factories.pair()
    await factories.pair("ETH/USDT")
    await factories.candles(pair, [START], price="0.00000002340")
    nodes = (await api.data("{ pairs { nodes { latestCandle { timestamp open volume isComplete isFilled } } } }"))[
        "pairs"
    ]["nodes"]

    assert nodes[1]["latestCandle"] is None
    assert nodes[0]["latestCandle"] == {
        "timestamp": "2024-03-01T00:00:00Z",
        "open": "0.00000002340",
        "volume": "1",
        "isComplete": True,
        "isFilled": False,
    }


async def test_a_long_list_costs_a_constant_number_of_statements(api: Client, statements: list[str]) -> None:
    """Coverage and the latest candle of many pairs are looked up together."""
    query = """query($first: Int) { pairs(first: $first) { totalCount nodes {
        coin { name } exchange { name } timeframe { minutes } latestCandle { close }
        coverage { percent candleCount emptySlots firstCandleAt lastCandleAt gaps { from } ranges { to } }
    } } }"""
    await Coin.bulk_create([Coin(symbol=f"C{place}", name="") for place in range(200)])
    for place in range(200):
        pair = await factories.pair(f"C{place}/USDT")
        if place < 5:
            await factories.history(pair, 3)
    statements.clear()
    await api.data(query, first=2)
    few = len(statements)
    statements.clear()
    many = await api.data(query, first=200)

    assert len(many["pairs"]["nodes"]) == 200
    assert len(statements) == few == 4


async def test_nothing_is_counted_unless_it_is_asked_for(api: Client, statements: list[str]) -> None:
    """A page is one statement."""
    await factories.pair()
    statements.clear()
    await api.data("{ pairs { nodes { symbol } pageInfo { hasNextPage } } }")

    assert len(statements) == 1


COVERAGE = """{ pairs { nodes { coverage {
    ranges { from to } gaps { from to } candleCount emptySlots listedAt firstCandleAt lastCandleAt percent
} } } }"""


async def coverage(api: Client) -> dict[str, object]:
    [node] = (await api.data(COVERAGE))["pairs"]["nodes"]
    found: dict[str, object] = node["coverage"]
    return found


async def test_of_a_new_pair_nothing_is_known(api: Client) -> None:
    """No ranges, no gaps either, and no percent."""
    await factories.pair()

    assert await coverage(api) == {
        "ranges": [],
        "gaps": [],
        "candleCount": 0,
        "emptySlots": 0,
        "listedAt": None,
        "firstCandleAt": None,
        "lastCandleAt": None,
        "percent": 0.0,
    }


async def test_coverage_tells_ranges_gaps_and_empty_slots(api: Client) -> None:
    """At noon, an hourly pair listed at midnight of which four of twelve hours are covered, one of them empty."""
    pair = await factories.pair(step="1h")
    hour = timedelta(hours=1)
    await factories.candles(pair, [START + 2 * hour, START + 3 * hour, START + 9 * hour])
    ranges = TimeRange(START + 2 * hour, START + 4 * hour), TimeRange(START + 8 * hour, START + 10 * hour)
    await factories.cover(pair, *ranges, listed_at=START)

    found = await coverage(api)

    assert found["percent"] == pytest.approx(100 / 3)
    assert found == {
        "ranges": [
            {"from": "2024-03-01T02:00:00Z", "to": "2024-03-01T04:00:00Z"},
            {"from": "2024-03-01T08:00:00Z", "to": "2024-03-01T10:00:00Z"},
        ],
        "gaps": [
            {"from": "2024-03-01T00:00:00Z", "to": "2024-03-01T02:00:00Z"},
            {"from": "2024-03-01T04:00:00Z", "to": "2024-03-01T08:00:00Z"},
            {"from": "2024-03-01T10:00:00Z", "to": "2024-03-01T12:00:00Z"},
        ],
        "candleCount": 3,
        "emptySlots": 1,
        "listedAt": "2024-03-01T00:00:00Z",
        "firstCandleAt": "2024-03-01T02:00:00Z",
        "lastCandleAt": "2024-03-01T09:00:00Z",
        "percent": found["percent"],
    }


async def test_gaps_are_told_inside_any_range(api: Client) -> None:
    """Ends are not rounded to the grid; either may be left out."""
    pair = await factories.pair(step="1h")
    await factories.cover(pair, TimeRange(START + timedelta(hours=2), START + timedelta(hours=12)))
    data = await api.data("""{ pairs { nodes { coverage {
        inside: gaps(from: "2024-03-01T03:00:00Z", to: "2024-03-01T04:00:00Z") { from }
        across: gaps(from: "2024-03-01T01:30:00+00:00", to: "2024-03-01T13:30:00+01:00") { from to }
        early: gaps(from: "2024-03-01T00:00:00Z") { from to }
        late: gaps(to: "2024-03-02T00:00:00Z") { from to }
        beyond: gaps(from: "2024-03-05T00:00:00Z") { from }
    } } } }""")
    [node] = data["pairs"]["nodes"]

    assert node["coverage"] == {
        "inside": [],
        "across": [
            {"from": "2024-03-01T01:30:00Z", "to": "2024-03-01T02:00:00Z"},
            {"from": "2024-03-01T12:00:00Z", "to": "2024-03-01T12:30:00Z"},
        ],
        "early": [{"from": "2024-03-01T00:00:00Z", "to": "2024-03-01T02:00:00Z"}],
        "late": [{"from": "2024-03-01T12:00:00Z", "to": "2024-03-02T00:00:00Z"}],
        "beyond": [],
    }


async def test_a_range_that_ends_before_it_begins_is_refused(api: Client) -> None:
    """Also where only gaps are asked for."""
    await factories.pair()
    query = '{ pairs { nodes { coverage { gaps(from: "2024-03-02", to: "2024-03-01") { from } } } } }'

    assert (await api.error(query))["code"] == "BAD_USER_INPUT"


async def test_what_is_fully_covered_is_a_hundred_percent(api: Client) -> None:
    """Exactly, also with months, whose lengths differ."""
    pair = await factories.pair(step="1M")
    await factories.history(pair, 14, START.replace(year=2023, month=1))

    found = await coverage(api)

    assert (found["percent"], found["emptySlots"], found["gaps"]) == (100.0, 0, [])
