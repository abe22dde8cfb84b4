"""Dry runs and patterns: what a request would set in motion, told before anything of it is done."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.models import Coin, Exchange, Pair, SyncJob
from domain.timerange import TimeRange
from tests import factories
from tests.api.client import Client
from tests.api.conftest import NOW
from tests.api.test_mutations import ADD, SYNC, pushed  # noqa: F401  # a fixture of the tests here

ESTIMATE = "slots requests seconds isUpperBound"
FORESEE = f"""mutation($input: AddPairsInput!) {{ addPairs(input: $input) {{
    pairs {{ symbol interval }} jobs {{ id }} estimate {{ pairs newPairs symbols {ESTIMATE} }}
}} }}"""
FORESEE_SYNC = f"""mutation($input: SyncPairInput!) {{ syncPair(input: $input) {{
    isNew job {{ id kind status from to pair {{ symbol }} progress {{ percent }} }} estimate {{ {ESTIMATE} }}
}} }}"""

# Of the exchange in these tests: a request answers so many slots and takes so many milliseconds.
PAGE, MILLISECONDS = 500, 20.0
DAY = 1_440  # minutes
CLOSED = NOW.replace(second=0)


@pytest.fixture
async def listed() -> None:
    """An exchange whose markets and habits are known."""
    await factories.exchange(markets_refreshed_at=NOW, page_limit=PAGE, page_milliseconds=MILLISECONDS)
    for symbol in ("BTC/USDT", "ETH/USDT", "ETH/BTC", "SOL_X/USDT", "BTC/EUR"):
        await factories.market(symbol)
    await factories.market("OLD/USDT", is_active=False)


async def foresee(api: Client, **changes: Any) -> dict[str, Any]:
    wanted = {"exchange": "binance", "symbols": ["BTC/USDT"], "intervals": ["1m"], "dryRun": True, **changes}
    found: dict[str, Any] = (await api.data(FORESEE, input=wanted))["addPairs"]
    return found


@pytest.mark.usefixtures("listed")
async def test_a_dry_run_tells_pairs_slots_requests_and_seconds(
    api: Client,
    pushed: Callable[[], Awaitable[int]],  # noqa: F811
) -> None:
    """And does nothing."""
    start = CLOSED - timedelta(days=1)
    foreseen = await foresee(api, symbols=["BTC/USDT", "ETH/USDT"], sync=True, **{"from": start.isoformat()})

    assert foreseen == {
        "pairs": [],
        "jobs": [],
        "estimate": {
            "pairs": 2,
            "newPairs": 2,
            "symbols": ["BTC/USDT", "ETH/USDT"],
            "slots": 2 * DAY,
            "requests": 2 * 3,
            "seconds": 2 * 3 * MILLISECONDS / 1000,
            "isUpperBound": False,
        },
    }
    assert [await table.all().count() for table in (Pair, Coin, SyncJob)] == [0, 0, 0]
    assert await pushed() == 0


@pytest.mark.usefixtures("listed")
async def test_what_is_covered_is_not_asked_for_again(api: Client) -> None:
    """Pairs that are there are named; one page holds all gaps that lie within its slots."""
    pair = await factories.pair()
    start = CLOSED - timedelta(days=1)
    hour = timedelta(hours=1)
    await factories.cover(pair, TimeRange(start + hour, start + 2 * hour), TimeRange(start + 3 * hour, CLOSED))
    foreseen = await foresee(api, **{"from": start.isoformat()})

    assert foreseen["pairs"] == [{"symbol": "BTC/USDT", "interval": "1m"}]
    assert foreseen["estimate"]["newPairs"] == 0
    assert (foreseen["estimate"]["slots"], foreseen["estimate"]["requests"]) == (120, 1)


@pytest.mark.usefixtures("listed")
async def test_the_listing_date_bounds_what_is_asked_for(api: Client) -> None:
    """What another pair of the symbol found out, else when it was listed, else what the exchange's oldest pair has."""
    unknown = await foresee(api, intervals=["1d"])
    await factories.cover(await factories.pair("ETH/USDT"), listed_at=datetime(2020, 1, 1, tzinfo=UTC))
    oldest = await foresee(api, intervals=["1d"])
    await factories.cover(await factories.pair(), listed_at=datetime(2024, 2, 20, tzinfo=UTC))
    known = await foresee(api, intervals=["1d"])

    assert [item["estimate"]["slots"] for item in (unknown, oldest, known)] == [4_808, 1_521, 10]
    assert [item["estimate"]["isUpperBound"] for item in (unknown, oldest, known)] == [True, True, True]


@pytest.mark.usefixtures("listed")
async def test_an_exchange_that_serves_its_newest_alone_is_asked_for_no_more(api: Client) -> None:
    """However far back is asked."""
    await Exchange.filter(name="binance").update(history_slots=720)
    foreseen = await foresee(api)

    assert foreseen["estimate"]["slots"] == 720
    assert foreseen["estimate"]["isUpperBound"] is False


async def test_without_a_word_from_a_worker_the_estimate_is_careful(api: Client) -> None:
    """A hundred slots a request, and the rate limit for each."""
    await factories.exchange()
    foreseen = await foresee(api, **{"from": (CLOSED - timedelta(days=1)).isoformat()})

    assert foreseen["estimate"]["requests"] == 15
    assert foreseen["estimate"]["seconds"] == 15 * 50 / 1000


@pytest.mark.usefixtures("listed")
@pytest.mark.parametrize(
    ("patterns", "found"),
    [
        (["*/USDT"], ["BTC/USDT", "ETH/USDT", "SOL_X/USDT"]),
        (["*/usdt"], ["BTC/USDT", "ETH/USDT", "SOL_X/USDT"]),
        (["ETH/*"], ["ETH/BTC", "ETH/USDT"]),
        (["B*/*"], ["BTC/EUR", "BTC/USDT"]),
        (["S_L_X/*", "BTC/EUR"], None),
        (["BTC/EUR", "BTC/*"], ["BTC/EUR", "BTC/USDT"]),
        (["SOL_X/*"], ["SOL_X/USDT"]),
        (["OLD/*"], None),
        (["%/USDT*"], None),
        (["*****/USDT"], None),
        (["*"], None),
        (["\ud800*/USDT"], None),
        (["*/" + "x" * 50_000], None),
    ],
)
async def test_a_pattern_stands_for_what_is_traded_now(
    api: Client, patterns: list[str], found: list[str] | None
) -> None:
    """Only * is special; a pattern of nothing is refused."""
    wanted = {"exchange": "binance", "symbols": patterns, "intervals": ["1m"], "dryRun": True}
    if found is None:
        assert (await api.error(FORESEE, input=wanted))["code"] == "BAD_USER_INPUT"
    else:
        assert (await foresee(api, symbols=patterns))["estimate"]["symbols"] == found


@pytest.mark.usefixtures("listed")
async def test_pairs_are_added_by_pattern(api: Client) -> None:
    """As the dry run said."""
    wanted = {"exchange": "binance", "symbols": ["*/USDT"], "intervals": ["1m", "1h"], "sync": True}
    foreseen = await foresee(api, symbols=["*/USDT"], intervals=["1m", "1h"])
    payload = (await api.data(ADD, input=wanted))["addPairs"]

    assert len(payload["pairs"]) == len(payload["jobs"]) == foreseen["estimate"]["pairs"] == 6


async def test_a_pattern_needs_a_market_list(api: Client) -> None:
    """The error says how to get one."""
    await factories.exchange()
    wanted = {"exchange": "binance", "symbols": ["*/USDT"], "intervals": ["1m"]}

    assert "refreshMarkets" in (await api.error(ADD, input=wanted))["message"]


async def test_a_pattern_adds_no_more_than_a_request_may(api: Client) -> None:
    """And then none."""
    await factories.exchange(markets_refreshed_at=NOW)
    for place in range(501):
        await factories.market(f"C{place}/USDT")
    wanted = {"exchange": "binance", "symbols": ["*/USDT"], "intervals": ["1m", "1h"]}
    error = await api.error(ADD, input=wanted)

    assert (error["code"], await Pair.all().count()) == ("BAD_USER_INPUT", 0)
    assert error["message"].startswith("1002 pairs")


async def test_a_dry_sync_tells_what_the_job_would_be(
    api: Client,
    pushed: Callable[[], Awaitable[int]],  # noqa: F811
) -> None:
    """Its id stands for nothing, and no job is made."""
    await factories.exchange(page_limit=PAGE, page_milliseconds=MILLISECONDS)
    pair = await factories.pair()
    start = CLOSED - timedelta(days=1)
    wanted = {"pairId": str(pair.id), "kind": "INITIAL", "from": start.isoformat(), "dryRun": True}
    foreseen = (await api.data(FORESEE_SYNC, input=wanted))["syncPair"]

    assert foreseen["isNew"] is True
    assert foreseen["job"] == {
        "id": "00000000-0000-0000-0000-000000000000",
        "kind": "INITIAL",
        "status": "QUEUED",
        "from": "2024-02-29T12:00:00Z",
        "to": None,
        "pair": {"symbol": "BTC/USDT"},
        "progress": {"percent": 0.0},
    }
    assert foreseen["estimate"] == {"slots": DAY, "requests": 3, "seconds": 0.06, "isUpperBound": False}
    assert (await SyncJob.all().count(), await pushed()) == (0, 0)


async def test_a_dry_sync_finds_the_job_that_is_open(api: Client) -> None:
    """As the sync itself would."""
    job = await factories.job(await factories.pair())
    wanted = {"pairId": str(job.pair_id), "dryRun": True}
    foreseen = (await api.data(FORESEE_SYNC, input=wanted))["syncPair"]

    assert (foreseen["isNew"], foreseen["job"]["id"]) == (False, str(job.id))


@pytest.mark.parametrize(
    ("wanted", "slots"),
    [
        ({"kind": "FORWARD"}, 123),
        ({"kind": "REPAIR"}, 60),
        ({"kind": "BACKWARD", "from": "2024-03-01T06:00:00Z"}, 60),
        ({"kind": "RANGE", "from": "2024-03-01T07:00:00Z", "to": "2024-03-01T10:00:00Z"}, 60),
        ({"kind": "RANGE", "from": "2024-03-01T07:00:00Z", "to": "2024-03-01T10:00:00Z", "force": True}, 180),
    ],
)
async def test_each_kind_of_sync_takes_what_it_takes(api: Client, wanted: dict[str, Any], slots: int) -> None:
    """With 7 to 8 and 9 to 10 o'clock covered, at noon."""
    pair = await factories.pair()
    hours = [CLOSED.replace(hour=hour) for hour in (7, 8, 9, 10)]
    await factories.cover(pair, TimeRange(hours[0], hours[1]), TimeRange(hours[2], hours[3]))
    foreseen = await api.data(FORESEE_SYNC, input={"pairId": str(pair.id), "dryRun": True, **wanted})

    assert foreseen["syncPair"]["estimate"]["slots"] == slots


async def test_a_dry_run_refuses_what_the_request_itself_would_be_refused_for(api: Client) -> None:
    """With the same code."""
    pair = await factories.pair()
    await factories.exchange("okx", is_active=False)

    assert (await api.error(SYNC, input={"pairId": str(pair.id), "dryRun": True, "kind": "RANGE"}))["code"] == (
        "BAD_USER_INPUT"
    )
    wanted = {"exchange": "okx", "symbols": ["BTC/USDT"], "intervals": ["1m"], "dryRun": True}
    assert (await api.error(ADD, input=wanted))["code"] == "CONFLICT"


@pytest.mark.parametrize("dry_run", [True, False])
async def test_what_the_exchanges_file_no_longer_names_is_refused_at_once(api: Client, dry_run: bool) -> None:
    """Adding, syncing and refreshing alike; no job is left to fail."""
    pair = await factories.pair()
    await Exchange.filter(name="binance").update(is_configured=False)
    wanted = {"exchange": "binance", "symbols": ["ETH/USDT"], "intervals": ["1m"], "dryRun": dry_run}
    refresh = 'mutation { refreshMarkets(input: {exchange: "binance"}) { exchange { name } } }'
    errors = [
        await api.error(ADD, input=wanted),
        await api.error(SYNC, input={"pairId": str(pair.id), "dryRun": dry_run}),
        await api.error(refresh),
    ]

    assert [error["code"] for error in errors] == ["CONFLICT"] * 3
    assert "exchanges file" in errors[0]["message"]
    assert (await api.data("{ exchanges { isConfigured } }"))["exchanges"] == [{"isConfigured": False}]
    fetched = "mutation { fetchRecentCandles { processed } }"
    assert (await api.data(fetched))["fetchRecentCandles"] == {"processed": 0}
