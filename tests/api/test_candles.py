"""Candles: which ones a page holds, what it says about itself, and what it refuses."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.types.scalars import format_instant
from domain.records import Pair
from domain.timerange import TimeRange
from tests import factories
from tests.api.client import Client
from tests.factories import START

PAGE = """query(
    $exchange: String! = "binance", $symbol: String! = "BTC/USDT", $interval: Interval! = "1m",
    $from: DateTime, $to: DateTime, $first: Int, $after: String, $last: Int, $before: String, $fill: Fill! = NONE
) { candles(
    exchange: $exchange, symbol: $symbol, interval: $interval,
    from: $from, to: $to, first: $first, after: $after, last: $last, before: $before, fill: $fill
) {
    nodes { timestamp } edges { cursor node { timestamp } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount sourceInterval
} }"""


async def page(api: Client, **arguments: Any) -> dict[str, Any]:
    found: dict[str, Any] = (await api.data(PAGE, **arguments))["candles"]
    return found


def minutes(connection: dict[str, Any]) -> list[int]:
    """Which minutes after START the candles of a page opened in."""
    at = [datetime.fromisoformat(node["timestamp"]) for node in connection["nodes"]]
    return [int((instant - START).total_seconds()) // 60 for instant in at]


def minute(place: float) -> str:
    return format_instant(START + timedelta(minutes=place))


def sides(connection: dict[str, Any]) -> tuple[bool, bool]:
    return connection["pageInfo"]["hasPreviousPage"], connection["pageInfo"]["hasNextPage"]


@pytest.fixture
async def ten(api: Client) -> Pair:
    """Ten candles, from START on."""
    pair = await factories.pair()
    await factories.history(pair, 10)
    return pair


async def test_values_are_exact(api: Client) -> None:
    """Digit for digit what was stored, as text; the id names the candle and says no more."""
    pair = await factories.pair()
    await factories.candles(pair, [START], price="0.000000023400")
    query = """{ candles(exchange: "binance", symbol: "BTC/USDT", interval: "1m") {
        nodes { id timestamp open high low close volume isComplete isFilled } sourceInterval
    } }"""
    answer = (await api.data(query))["candles"]
    [candle] = answer["nodes"]

    assert answer["sourceInterval"] == "1m"
    assert isinstance(candle.pop("id"), str)
    assert candle == {
        "timestamp": "2024-03-01T00:00:00Z",
        "open": "0.000000023400",
        "high": "0.000000023400",
        "low": "0.000000023400",
        "close": "0.000000023400",
        "volume": "1",
        "isComplete": True,
        "isFilled": False,
    }


async def test_candle_ids_tell_candles_apart(api: Client) -> None:
    """Neither another minute nor another pair has the same."""
    for symbol in ("BTC/USDT", "ETH/USDT"):
        await factories.history(await factories.pair(symbol), 3)
    data = await api.data("{ pairs { nodes { candles { nodes { id } } } } }")
    ids = [candle["id"] for pair in data["pairs"]["nodes"] for candle in pair["candles"]["nodes"]]

    assert len(set(ids)) == 6


async def test_without_a_count_the_latest_500_come_oldest_first(api: Client) -> None:
    """That is what a chart wants first."""
    await factories.history(await factories.pair(), 510)

    latest = await page(api)
    until = await page(api, to=minute(505))

    assert minutes(latest) == list(range(10, 510))
    assert (sides(latest), latest["totalCount"]) == ((True, False), 510)
    assert minutes(until) == list(range(5, 505))


@pytest.mark.parametrize(
    ("arguments", "found", "around"),
    [
        ({"first": 3}, [0, 1, 2], (False, True)),
        ({"last": 3}, [7, 8, 9], (True, False)),
        ({"first": 3, "from": minute(4)}, [4, 5, 6], (False, True)),
        ({"last": 3, "to": minute(4)}, [1, 2, 3], (True, False)),
        ({"first": 3, "to": minute(2)}, [0, 1], (False, False)),
        ({"last": 3, "from": minute(8)}, [8, 9], (False, False)),
        ({"from": minute(2), "to": minute(5)}, [2, 3, 4], (False, False)),
        ({"from": minute(2.5), "to": minute(4.5)}, [3, 4], (False, False)),
        ({"from": minute(7)}, [7, 8, 9], (False, False)),
        ({"to": minute(2)}, [0, 1], (False, False)),
        ({"from": minute(3), "to": minute(3)}, [], (False, False)),
        ({"from": minute(30)}, [], (False, False)),
        ({"first": 10}, list(range(10)), (False, False)),
        ({"last": 10}, list(range(10)), (False, False)),
        ({"first": 0}, [], (False, True)),
        ({"last": 0}, [], (True, False)),
        ({"first": 10_000}, list(range(10)), (False, False)),
        ({"first": 2, "last": None, "from": None, "after": None}, [0, 1], (False, True)),
        ({"from": "0001-01-01T00:00:00Z", "to": "9999-12-31T23:59:59Z"}, list(range(10)), (False, False)),
    ],
)
@pytest.mark.usefixtures("ten")
async def test_first_counts_from_the_start_and_last_from_the_end(
    api: Client, arguments: dict[str, Any], found: list[int], around: tuple[bool, bool]
) -> None:
    """Inside [from, to), which decides what lies around the page, too."""
    connection = await page(api, **arguments)

    assert (minutes(connection), sides(connection)) == (found, around)
    assert [edge["node"] for edge in connection["edges"]] == connection["nodes"]


@pytest.mark.parametrize(
    ("arguments", "found", "around"),
    [
        ({"first": 2, "after": 3}, [4, 5], (True, True)),
        ({"last": 2, "before": 3}, [1, 2], (True, True)),
        ({"first": 2, "before": 3}, [0, 1], (False, True)),
        ({"last": 2, "after": 3}, [8, 9], (True, False)),
        ({"first": 9, "before": 3}, [0, 1, 2], (False, True)),
        ({"last": 9, "after": 6}, [7, 8, 9], (True, False)),
        ({"first": 5, "after": 3, "before": 6}, [4, 5], (True, True)),
        ({"first": 5, "after": 9}, [], (True, False)),
        ({"last": 5, "before": 0}, [], (False, True)),
        ({"first": 5, "after": 5, "from": 2, "to": 8}, [6, 7], (True, False)),
        ({"first": 5, "after": 1, "from": 2, "to": 8}, [2, 3, 4, 5, 6], (False, True)),
        ({"first": 5, "after": 8, "from": 2, "to": 8}, [], (True, False)),
        ({"last": 5, "before": 5, "from": 2, "to": 8}, [2, 3, 4], (False, True)),
        ({"first": 0, "after": 4}, [], (True, True)),
        ({"after": 6}, [7, 8, 9], (True, False)),
        ({"before": 3}, [0, 1, 2], (False, True)),
        ({"from": 2, "after": 6}, [7, 8, 9], (True, False)),
    ],
)
@pytest.mark.usefixtures("ten")
async def test_cursors_narrow_the_list_and_page_info_stays_exact(
    api: Client, arguments: dict[str, int], found: list[int], around: tuple[bool, bool]
) -> None:
    """The count ignores them, and what they cut off shows in pageInfo."""
    cursors = [edge["cursor"] for edge in (await page(api))["edges"]]
    given_cursors = {name: cursors[place] for name, place in arguments.items() if name in {"after", "before"}}
    given_times = {name: minute(place) for name, place in arguments.items() if name in {"from", "to"}}
    connection = await page(api, **{**arguments, **given_cursors, **given_times})

    assert (minutes(connection), sides(connection)) == (found, around)
    assert connection["totalCount"] == arguments.get("to", 10) - arguments.get("from", 0)


async def test_an_empty_page_has_no_cursors(api: Client, ten: Pair) -> None:
    """There is nothing that they could stand for."""
    info = (await page(api, first=0))["pageInfo"]

    assert (info["startCursor"], info["endCursor"]) == (None, None)


async def test_cursors_survive_new_candles(api: Client, ten: Pair) -> None:
    """Candles that come in behind or ahead change nothing about the place."""
    middle = (await page(api, first=5))["pageInfo"]["endCursor"]
    await factories.candles(ten, [START - timedelta(minutes=1), START + timedelta(minutes=10)])

    assert minutes(await page(api, first=3, after=middle)) == [5, 6, 7]
    assert minutes(await page(api, last=20, after=middle)) == [5, 6, 7, 8, 9, 10]


@pytest.mark.parametrize(
    "arguments",
    [
        {"first": 1, "last": 1},
        {"first": -1},
        {"last": -1},
        {"first": 10_001},
        {"last": 2_147_483_647},
        {"first": 2_147_483_648},
        {"from": minute(2), "to": minute(1)},
        {"after": "x"},
        {"before": ""},
        {"after": "AAAA"},
        {"after": "AX______"},
        {"after": "x" * 50_000},
        {"after": "\0"},
        {"from": "yesterday"},
        {"from": "9999-12-31T23:59:59-01:00"},
        {"from": 1_709_251_200},
        {"interval": "1x"},
        {"interval": ""},
        {"interval": "1m\0"},
        {"interval": None},
        {"fill": None},
    ],
)
@pytest.mark.usefixtures("ten")
async def test_what_contradicts_itself_is_refused(api: Client, arguments: dict[str, Any]) -> None:
    """The client is told, and told that it is the client's mistake."""
    assert (await api.error(PAGE, **arguments))["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize(
    "arguments", [{"exchange": "okx"}, {"symbol": "BTC/EUR"}, {"symbol": "\ud800"}, {"exchange": ""}]
)
@pytest.mark.usefixtures("ten")
async def test_candles_of_nothing_are_not_found(api: Client, arguments: dict[str, Any]) -> None:
    """There is no empty list of candles of what does not exist."""
    assert (await api.error(PAGE, **arguments))["code"] == "NOT_FOUND"


async def test_an_interval_that_nothing_stored_divides_names_what_can_be_asked_for(api: Client) -> None:
    """So that the client can ask again."""
    await factories.pair(step="1h")
    error = await api.error(PAGE, interval="90m")

    assert (error["code"], "stored: 1h" in error["message"]) == ("BAD_USER_INPUT", True)


async def test_an_interval_that_is_not_stored_is_made_of_the_coarsest_that_divides_it(api: Client) -> None:
    """First open, highest high, lowest low, last close, all of the volume; incomplete where not all is covered."""
    await factories.history(await factories.pair(), 10)
    query = """{ candles(exchange: "binance", symbol: "BTC/USDT", interval: "4m") {
        sourceInterval totalCount nodes { timestamp open close volume isComplete isFilled }
    } }"""
    found = (await api.data(query))["candles"]

    assert (found["sourceInterval"], found["totalCount"]) == ("1m", 3)
    assert [(node["volume"], node["isComplete"]) for node in found["nodes"]] == [
        ("10", True),
        ("26", True),
        ("19", False),
    ]


async def test_slots_without_a_trade_are_filled_where_the_ledger_knows_them(api: Client) -> None:
    """With the close before, volume 0 and isFilled; a minute that was never fetched stays out."""
    pair = await factories.pair()
    await factories.candles(pair, [START, START + factories.minutes(3)])
    await factories.cover(pair, TimeRange(START, START + factories.minutes(5)))
    query = """{ candles(exchange: "binance", symbol: "BTC/USDT", interval: "1m", fill: PREVIOUS_CLOSE, last: 4) {
        nodes { timestamp close volume isFilled } pageInfo { hasPreviousPage hasNextPage }
    } }"""
    found = (await api.data(query))["candles"]

    assert [(node["timestamp"][14:16], node["volume"], node["isFilled"]) for node in found["nodes"]] == [
        ("01", "0", True),
        ("02", "0", True),
        ("03", "2", False),
        ("04", "0", True),
    ]
    assert found["pageInfo"] == {"hasPreviousPage": True, "hasNextPage": False}


async def test_a_range_without_a_count_must_fit_a_page(api: Client) -> None:
    """What would be cut off in silence is refused with a hint instead; a count cuts it off on purpose."""
    await factories.history(await factories.pair(), 10_001)
    query = """query($first: Int, $to: DateTime) { candles(
        exchange: "binance", symbol: "BTC/USDT", interval: "1m", from: "2024-03-01", to: $to, first: $first
    ) { pageInfo { hasNextPage } } }"""
    error = await api.error(query)
    cut = await api.data(query, first=10_000)
    whole = await api.data(query, to=minute(10_000))

    assert (error["code"], "first" in error["message"]) == ("BAD_USER_INPUT", True)
    assert [data["candles"]["pageInfo"]["hasNextPage"] for data in (cut, whole)] == [True, False]


async def test_a_page_costs_one_statement(api: Client, ten: Pair, statements: list[str]) -> None:
    """Beside the one that finds the pair: candles, neighbours and count come together."""
    query = """query($after: String) { candles(
        exchange: "binance", symbol: "BTC/USDT", interval: "1m", first: 3, after: $after
    ) { nodes { open } totalCount pageInfo { hasNextPage hasPreviousPage endCursor } } }"""
    statements.clear()
    first = await api.data(query)
    await api.data(query, after=first["candles"]["pageInfo"]["endCursor"])

    assert len(statements) == 2 * (1 + 1)


async def test_a_pair_serves_its_candles_at_any_stored_interval(api: Client, ten: Pair) -> None:
    """Its own by default, or that of its sibling."""
    await factories.history(await factories.pair(step="1h"), 2)
    query = """query($id: ID!) { node(id: $id) { ... on Pair {
        own: candles(first: 1) { sourceInterval totalCount nodes { timestamp } }
        same: candles(interval: "1m", last: 1) { sourceInterval nodes { timestamp } }
        hourly: candles(interval: "1h", fill: NONE) { sourceInterval totalCount }
        series(interval: "1h", limit: 1) { sourceInterval time }
    } } }"""
    node = (await api.data(query, id=str(ten.id)))["node"]

    assert node == {
        "own": {"sourceInterval": "1m", "totalCount": 10, "nodes": [{"timestamp": minute(0)}]},
        "same": {"sourceInterval": "1m", "nodes": [{"timestamp": minute(9)}]},
        "hourly": {"sourceInterval": "1h", "totalCount": 2},
        "series": {"sourceInterval": "1h", "time": [int(START.timestamp()) + 3600]},
    }


# Minutes after START that hold a candle: single ones, runs, and gaps between them.
IRREGULAR = [0, 1, 2, 5, 9, 10, 11, 12, 20, 21, 40, 60, 61, 62, 63, 64, 90, 99]
PLACES = st.none() | st.integers(min_value=-1, max_value=101)


@given(start=PLACES, end=PLACES, size=st.integers(min_value=1, max_value=7))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_walking_in_either_direction_sees_every_candle_once(
    api: Client, start: int | None, end: int | None, size: int
) -> None:
    """Whatever the range and the size of a page, and pageInfo says truly when the walk is over."""
    if not (await api.data("{ pairs { totalCount } }"))["pairs"]["totalCount"]:
        await factories.candles(await factories.pair(), [START + timedelta(minutes=place) for place in IRREGULAR])
    start, end = (min(start, end), max(start, end)) if start is not None and end is not None else (start, end)
    bounds = {"from": None if start is None else minute(start), "to": None if end is None else minute(end)}
    low, high = -1 if start is None else start, 101 if end is None else end
    expected = [place for place in IRREGULAR if low <= place < high]

    assert await forward(api, size, bounds) == expected
    assert await backward(api, size, bounds) == expected


async def forward(api: Client, size: int, bounds: dict[str, Any]) -> list[int]:
    seen: list[int] = []
    after, has_next = None, True
    while has_next:
        connection = await page(api, first=size, after=after, **bounds)
        assert sides(connection)[0] is bool(seen)
        seen += minutes(connection)
        after, has_next = connection["pageInfo"]["endCursor"], sides(connection)[1]
    return seen


async def backward(api: Client, size: int, bounds: dict[str, Any]) -> list[int]:
    seen: list[int] = []
    before, has_previous = None, True
    while has_previous:
        connection = await page(api, last=size, before=before, **bounds)
        assert sides(connection)[1] is bool(seen)
        seen = minutes(connection) + seen
        before, has_previous = connection["pageInfo"]["startCursor"], sides(connection)[0]
    return seen
