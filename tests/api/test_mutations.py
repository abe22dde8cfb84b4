"""What clients can change, and what they are refused."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest

from domain.models import Exchange, Pair, SyncJob, SyncStatus
from domain.queue import QUEUE_NAME, redis
from domain.settings import Settings
from tests import factories
from tests.api.client import Client
from tests.api.conftest import NOW

ADD = """mutation($input: AddPairsInput!) { addPairs(input: $input) {
    pairs { id symbol interval isActive } jobs { kind status from pair { symbol interval } }
} }"""
SYNC = "mutation($input: SyncPairInput!) { syncPair(input: $input) { isNew job { id kind status from to } } }"
FETCH = """mutation($input: FetchRecentCandlesInput) { fetchRecentCandles(input: $input) {
    message processed jobs { kind pair { symbol } }
} }"""
CANCEL = "mutation($input: CancelSyncJobInput!) { cancelSyncJob(input: $input) { job { id status finishedAt } } }"
SWITCH_PAIR = "mutation($input: SetPairActiveInput!) { setPairActive(input: $input) { pair { id isActive } } }"
SWITCH = "mutation($input: SetExchangeActiveInput!) { setExchangeActive(input: $input) { exchange { name isActive } } }"
REFRESH = "mutation($input: RefreshMarketsInput!) { refreshMarkets(input: $input) { exchange { name } } }"


@pytest.fixture
def pushed(settings: Settings) -> Callable[[], Awaitable[int]]:
    """How many jobs wait in the queue."""

    async def count() -> int:
        async with redis(settings.redis_url) as client:
            return int(await client.zcard(QUEUE_NAME))

    return count


async def test_pairs_are_added_at_each_interval(api: Client, pushed: Callable[[], Awaitable[int]]) -> None:
    """Coins come with them; without sync nothing is enqueued."""
    await factories.exchange()
    wanted = {"exchange": "binance", "symbols": ["BTC/USDT", "ETH/BTC", "BTC/USDT"], "intervals": ["1m", "1h"]}
    payload = (await api.data(ADD, input=wanted))["addPairs"]

    assert [(pair["symbol"], pair["interval"]) for pair in payload["pairs"]] == [
        ("BTC/USDT", "1m"),
        ("BTC/USDT", "1h"),
        ("ETH/BTC", "1m"),
        ("ETH/BTC", "1h"),
    ]
    assert (payload["jobs"], await pushed()) == ([], 0)
    assert (await api.data("{ coins { nodes { symbol } } }"))["coins"]["nodes"] == [
        {"symbol": "BTC"},
        {"symbol": "ETH"},
    ]


async def test_adding_again_returns_the_pair_as_it_is(api: Client) -> None:
    """Nothing about it changes, also where it is off."""
    pair = await factories.pair(is_active=False)
    wanted = {"exchange": "binance", "symbols": ["BTC/USDT"], "intervals": ["1m"]}
    payload = (await api.data(ADD, input=wanted))["addPairs"]

    assert payload["pairs"] == [{"id": str(pair.id), "symbol": "BTC/USDT", "interval": "1m", "isActive": False}]


async def test_sync_enqueues_an_initial_job_for_each(api: Client, pushed: Callable[[], Awaitable[int]]) -> None:
    """`from` lands on the grid of each interval."""
    await factories.exchange()
    wanted = {
        "exchange": "binance",
        "symbols": ["BTC/USDT"],
        "intervals": ["1m", "1d"],
        "sync": True,
        "from": "2024-02-01T10:30:20Z",
    }
    payload = (await api.data(ADD, input=wanted))["addPairs"]

    assert [(job["kind"], job["status"], job["pair"]["interval"], job["from"]) for job in payload["jobs"]] == [
        ("INITIAL", "QUEUED", "1m", "2024-02-01T10:30:00Z"),
        ("INITIAL", "QUEUED", "1d", "2024-02-01T00:00:00Z"),
    ]
    assert await pushed() == 2


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"exchange": "okx"}, "NOT_FOUND"),
        ({"exchange": "\ud800"}, "NOT_FOUND"),
        ({"exchange": "off"}, "CONFLICT"),
        ({"symbols": []}, "BAD_USER_INPUT"),
        ({"intervals": []}, "BAD_USER_INPUT"),
        ({"symbols": ["BTCUSDT"]}, "BAD_USER_INPUT"),
        ({"symbols": ["B\0C/USDT"]}, "BAD_USER_INPUT"),
        ({"symbols": ["B\ud800C/USDT"]}, "BAD_USER_INPUT"),
        ({"symbols": ["x" * 50_000]}, "BAD_USER_INPUT"),
        ({"symbols": [f"A{place}/B" for place in range(1_001)]}, "BAD_USER_INPUT"),
        ({"symbols": None}, "BAD_USER_INPUT"),
        ({"intervals": ["1s"]}, "BAD_USER_INPUT"),
        ({"intervals": ["\0"]}, "BAD_USER_INPUT"),
        ({"from": "2024-03-02T00:00:00Z"}, "BAD_USER_INPUT"),
        ({"from": "1969-01-01T00:00:00Z"}, "BAD_USER_INPUT"),
        ({"extra": 1}, "BAD_USER_INPUT"),
    ],
)
async def test_pairs_that_cannot_be_collected_are_refused(api: Client, changes: dict[str, Any], code: str) -> None:
    """And then none is added."""
    await factories.exchange()
    await factories.exchange("off", is_active=False)
    wanted = {"exchange": "binance", "symbols": ["BTC/USDT"], "intervals": ["1m"], **changes}

    assert (await api.error(ADD, input=wanted))["code"] == code
    assert await Pair.all().count() == 0


async def test_a_symbol_must_be_listed_once_the_list_is_known(api: Client) -> None:
    """Typing errors do not become pairs."""
    await factories.exchange(markets_refreshed_at=NOW, intervals=["1m"])
    await factories.market("BTC/USDT")
    listed = {"exchange": "binance", "symbols": ["BTC/USDT"], "intervals": ["1m"]}

    await api.data(ADD, input=listed)
    for changes in ({"symbols": ["BTC/USDD"]}, {"symbols": ["B\0C/USDT"]}, {"intervals": ["1h"]}):
        assert (await api.error(ADD, input={**listed, **changes}))["code"] == "BAD_USER_INPUT"


async def test_a_pair_that_is_switched_on_is_due_at_once(api: Client) -> None:
    """The schedule picks it up; switched off, it keeps its candles."""
    pair = await factories.pair(is_active=False, due_at=None)
    await factories.history(pair, 3)
    on = await api.data(SWITCH_PAIR, input={"id": str(pair.id), "isActive": True})
    due_at = (await Pair.get(id=pair.id)).due_at
    off = await api.data(SWITCH_PAIR, input={"id": str(pair.id), "isActive": False})

    assert on["setPairActive"]["pair"] == {"id": str(pair.id), "isActive": True}
    assert due_at == NOW
    assert off["setPairActive"]["pair"]["isActive"] is False
    assert (await Pair.get(id=pair.id)).candle_count == 3


async def test_switching_on_what_is_on_leaves_its_schedule(api: Client) -> None:
    """Its next candle is due when it was."""
    pair = await factories.pair()
    before = await Pair.get(id=pair.id)
    await api.data(SWITCH_PAIR, input={"id": str(pair.id), "isActive": True})

    assert (await Pair.get(id=pair.id)).due_at == before.due_at


async def test_an_exchange_is_switched_by_name(api: Client) -> None:
    """Its pairs stay as they are."""
    await factories.exchange()
    data = await api.data(SWITCH, input={"name": "binance", "isActive": False})

    assert data["setExchangeActive"]["exchange"] == {"name": "binance", "isActive": False}
    assert (await Exchange.get(name="binance")).is_active is False


async def test_markets_are_loaded_once_however_often_it_is_asked_for(
    api: Client, pushed: Callable[[], Awaitable[int]]
) -> None:
    """The mutation enqueues and does not wait."""
    await factories.exchange()
    for _ in range(2):
        data = await api.data(REFRESH, input={"exchange": "binance"})

        assert data["refreshMarkets"]["exchange"] == {"name": "binance"}
    assert await pushed() == 1


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        (SWITCH_PAIR, {"id": str(uuid4()), "isActive": True}),
        (SWITCH_PAIR, {"id": "x", "isActive": True}),
        (SWITCH, {"name": "okx", "isActive": True}),
        (SWITCH, {"name": "\0", "isActive": True}),
        (REFRESH, {"exchange": "okx"}),
        (REFRESH, {"exchange": "x" * 50_000}),
        (SYNC, {"pairId": str(uuid4())}),
        (SYNC, {"pairId": "\ud800"}),
        (FETCH, {"exchange": "okx"}),
        (CANCEL, {"id": str(uuid4())}),
        (CANCEL, {"id": ""}),
    ],
)
async def test_mutations_on_what_does_not_exist_are_not_found(api: Client, query: str, wanted: dict[str, Any]) -> None:
    """Unknown or malformed: there is nothing to change."""
    assert (await api.error(query, input=wanted))["code"] == "NOT_FOUND"


async def test_one_job_is_open_for_a_pair(api: Client, pushed: Callable[[], Awaitable[int]]) -> None:
    """Asking again finds the job that is there, whatever its kind."""
    pair = await factories.pair()
    first = (await api.data(SYNC, input={"pairId": str(pair.id), "kind": "INITIAL"}))["syncPair"]
    again = (await api.data(SYNC, input={"pairId": str(pair.id)}))["syncPair"]

    assert (first["isNew"], first["job"]["kind"], first["job"]["status"]) == (True, "INITIAL", "QUEUED")
    assert (again["isNew"], again["job"]["id"]) == (False, first["job"]["id"])
    assert await pushed() == 1


async def test_forward_is_the_usual_kind_and_a_range_lands_on_the_grid(api: Client) -> None:
    """A range is widened to whole candles."""
    pair = await factories.pair(step="1h")
    forward = (await api.data(SYNC, input={"pairId": str(pair.id)}))["syncPair"]["job"]
    await api.data(CANCEL, input={"id": forward["id"]})
    wanted = {"pairId": str(pair.id), "kind": "RANGE", "from": "2024-02-01T10:30:00Z", "to": "2024-02-01T12:30:00Z"}
    ranged = (await api.data(SYNC, input={**wanted, "force": True}))["syncPair"]["job"]

    assert (forward["kind"], forward["from"]) == ("FORWARD", None)
    assert (ranged["from"], ranged["to"]) == ("2024-02-01T10:00:00Z", "2024-02-01T13:00:00Z")
    assert (await SyncJob.get(id=ranged["id"])).is_forced is True


async def test_a_repeated_idempotency_key_returns_the_first_job(api: Client) -> None:
    """Also after it has ended."""
    pair = await factories.pair()
    wanted = {"pairId": str(pair.id), "idempotencyKey": "order-1"}
    first = (await api.data(SYNC, input=wanted))["syncPair"]
    await api.data(CANCEL, input={"id": first["job"]["id"]})
    again = (await api.data(SYNC, input=wanted))["syncPair"]

    assert (again["isNew"], again["job"]["id"], again["job"]["status"]) == (False, first["job"]["id"], "CANCELLED")


@pytest.mark.parametrize("changes", [{"kind": "INITIAL"}, {"kind": "INITIAL", "from": "2024-02-01"}, {"pairId": None}])
async def test_a_key_that_was_used_for_something_else_is_refused(api: Client, changes: dict[str, Any]) -> None:
    """Another kind, range or pair; and then no job is made."""
    wanted = {"pairId": str((await factories.pair()).id), "idempotencyKey": "order-1"}
    await api.data(SYNC, input=wanted)
    other = {"pairId": str((await factories.pair("ETH/USDT")).id)} if "pairId" in changes else changes

    assert (await api.error(SYNC, input={**wanted, **other}))["code"] == "CONFLICT"
    assert await SyncJob.all().count() == 1


async def test_a_repeated_key_answers_even_where_its_exchange_is_off(api: Client) -> None:
    """It does nothing, so nothing stands in its way."""
    pair = await factories.pair()
    wanted = {"pairId": str(pair.id), "idempotencyKey": "order-1"}
    first = (await api.data(SYNC, input=wanted))["syncPair"]
    await Exchange.filter(name="binance").update(is_active=False)
    again = (await api.data(SYNC, input=wanted))["syncPair"]

    assert (again["isNew"], again["job"]["id"]) == (False, first["job"]["id"])


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "RANGE"},
        {"kind": "RANGE", "from": "2024-02-02", "to": "2024-02-01"},
        {"kind": "RANGE", "from": "2024-02-01", "to": "2030-01-01"},
        {"kind": "SIDEWAYS"},
        {"to": "2024-02-01"},
        {"force": True},
        {"force": None},
        {"idempotencyKey": ""},
        {"idempotencyKey": "a\0b"},
        {"idempotencyKey": "\ud800"},
        {"idempotencyKey": "x" * 256},
    ],
)
async def test_unusable_syncs_are_refused(api: Client, changes: dict[str, Any]) -> None:
    """And then no job is made."""
    pair = await factories.pair()

    assert (await api.error(SYNC, input={"pairId": str(pair.id), **changes}))["code"] == "BAD_USER_INPUT"
    assert await SyncJob.all().count() == 0


async def test_nothing_is_synced_on_an_exchange_that_is_off(api: Client) -> None:
    """A conflict that another mutation can solve."""
    pair = await factories.pair()
    await Exchange.filter(name="binance").update(is_active=False)

    assert (await api.error(SYNC, input={"pairId": str(pair.id)}))["code"] == "CONFLICT"


async def test_recent_candles_are_fetched_for_every_active_pair_that_matches(api: Client) -> None:
    """The message counts what was new and what was under way."""
    for symbol in ("BTC/USDT", "ETH/USDT"):
        await factories.pair(symbol)
    await factories.pair("XRP/USDT", is_active=False)
    one = (await api.data(FETCH, input={"symbol": "BTC/USDT"}))["fetchRecentCandles"]
    rest = (await api.data(FETCH))["fetchRecentCandles"]
    none = (await api.data(FETCH, input={"interval": "1d", "exchange": "binance"}))["fetchRecentCandles"]

    assert one == {
        "message": "Enqueued 1 job.",
        "processed": 1,
        "jobs": [{"kind": "FORWARD", "pair": {"symbol": "BTC/USDT"}}],
    }
    assert (rest["message"], rest["processed"]) == ("Enqueued 1 job; 1 was already under way.", 2)
    assert [job["pair"]["symbol"] for job in rest["jobs"]] == ["BTC/USDT", "ETH/USDT"]
    assert none == {"message": "No active pair matches.", "processed": 0, "jobs": []}


async def test_a_queued_job_is_cancelled_at_once(api: Client) -> None:
    """Cancelling what has ended returns it as it is."""
    job = await factories.job(await factories.pair())
    first = (await api.data(CANCEL, input={"id": str(job.id)}))["cancelSyncJob"]["job"]
    done = await factories.job(await factories.pair(), status=SyncStatus.SUCCEEDED)
    ended = (await api.data(CANCEL, input={"id": str(done.id)}))["cancelSyncJob"]["job"]

    assert first == {"id": str(job.id), "status": "CANCELLED", "finishedAt": "2024-03-01T12:00:30Z"}
    assert ended["status"] == "SUCCEEDED"
