"""MAX_QUERY_SECONDS: an operation that takes longer is ended, and so is what it had PostgreSQL do."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any, Final

import httpx
import pytest

from domain.database import connection, transaction
from domain.settings import Settings, SettingsError
from tests import factories
from tests.api.client import Client
from tests.api.process import Process, environment, serving
from tests.api.socket_client import socket
from tests.tardiness import tardiness

LIMIT: Final = 0.4  # seconds
SLACK: Final = 0.5  # seconds, until the answer is there

_CANDLES: Final = 'candles(exchange: "binance", symbol: "BTC/USDT", interval: "{}", {}) {{ nodes {{ close }} }}'
CANDLES: Final = _CANDLES.format("1m", "first: 5")

# Each reads PostgreSQL in a way of its own.
SLOW: Final = {
    "few candles": f"{{ {CANDLES} }}",
    "many candles": f"{{ {_CANDLES.format('1m', 'last: 5000')} }}",
    "resampled candles": f"{{ {_CANDLES.format('1h', 'last: 5')} }}",
    "candles of many pairs": "{ pairs { nodes { candles(last: 2) { nodes { close } } } } }",
    "a list": "{ coins { nodes { name } } }",
    "an entity": '{ coin(symbol: "BTC") { id } }',
    "a column of entities": "{ pairs { nodes { coin { name } } } }",
    "all of it": f"{{ {CANDLES} coins {{ totalCount }} pairs {{ nodes {{ coin {{ name }} }} }} }}",
}
DELETED: Final = 'mutation { setCoinName(input: {symbol: "BTC", name: "Gone"}) { coin { name } } }'

# Who waits for the lock, as the API does; what holds it does not wait.
_HELD_UP: Final = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND state = 'active'"


@pytest.fixture(scope="module")
def process(installation: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    environ = environment(installation, MAX_QUERY_SECONDS=f"{LIMIT:g}")
    with serving(environ, tmp_path_factory.mktemp("limit") / "log") as process:
        yield process


@pytest.fixture
async def hurried(process: Process, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """Another process that serves the same installation, in a hurry."""
    await factories.history(await factories.pair(), 10)
    async with httpx.AsyncClient(base_url=process.url, timeout=10) as client:
        yield client


@asynccontextmanager
async def slow() -> AsyncIterator[None]:
    """No statement about candles or coins ends before the block does."""
    async with transaction() as db:
        await db.execute("LOCK TABLE candles, coins IN ACCESS EXCLUSIVE MODE")
        yield


async def held_up() -> int:
    """Statements that are still under way, once they have had the time to end."""
    for _ in range(50):
        async with connection() as db:
            count = int(await db.fetchval(_HELD_UP))
        if not count:
            break
        await asyncio.sleep(0.02)
    return count


def code(answer: dict[str, Any]) -> str:
    return str(answer["errors"][0]["extensions"]["code"])


@pytest.mark.parametrize("name", SLOW)
async def test_what_takes_too_long_is_ended(hurried: httpx.AsyncClient, name: str) -> None:
    """With TIMEOUT, as soon as its time is over; PostgreSQL is told to stop, and then it is answered as ever."""
    async with tardiness() as late, slow():
        begun = time.perf_counter()
        answer = await Client(hurried).answer(SLOW[name])
        spent = time.perf_counter() - begun
        left = await held_up()

    assert (code(answer), left) == ("TIMEOUT", 0)
    assert "0.4 s" in answer["errors"][0]["message"]
    assert LIMIT * 0.9 < spent < LIMIT + SLACK + late.worst
    assert "errors" not in await Client(hurried).answer(SLOW[name])


async def test_whoever_reads_the_status_is_told_too(hurried: httpx.AsyncClient) -> None:
    """504 over GraphQL's own media type: it is not the client's fault."""
    body = {"query": SLOW["an entity"]}
    async with slow():
        answer = await hurried.post("/graphql", json=body, headers={"Accept": "application/graphql-response+json"})

    assert (answer.status_code, code(answer.json())) == (504, "TIMEOUT")


async def test_over_websocket_it_ends_alone(hurried: httpx.AsyncClient, process: Process) -> None:
    """Other operations of the connection go on."""
    async with socket(process.url) as wire, slow():
        await wire.subscribe(SLOW["few candles"], "slow")
        await wire.subscribe("{ __typename }", "quick")
        quick = [await wire.receive() for _ in range(2)]
        ended = await wire.receive()
        assert await held_up() == 0
    assert [message["id"] for message in quick] == ["quick", "quick"]
    assert (ended["id"], code(ended["payload"])) == ("slow", "TIMEOUT")


async def test_a_change_that_takes_too_long_has_not_been_made(hurried: httpx.AsyncClient) -> None:
    """Its transaction ends with it."""
    async with slow():
        assert code(await Client(hurried).answer(DELETED)) == "TIMEOUT"
        assert await held_up() == 0
    data = await Client(hurried).data('{ coin(symbol: "BTC") { name } }')

    assert data["coin"]["name"] != "Gone"


async def test_the_chart_feed_has_the_same_limit_and_a_file_has_none(hurried: httpx.AsyncClient) -> None:
    """504 with the feed's own shape; a file comes when it can be read."""
    file = {"exchange": "binance", "symbol": "BTC/USDT", "interval": "1m"}
    bars = {"symbol": "binance:BTC/USDT", "resolution": "1", "from": "0", "to": "9999999999", "countback": "5"}
    async with slow():
        reading = asyncio.create_task(hurried.get("/api/v1/candles.csv", params=file))
        refused = await hurried.get("/api/v1/udf/history", params=bars)
        await asyncio.sleep(LIMIT / 2)
    read = await reading

    assert (refused.status_code, refused.json()["code"]) == (504, "TIMEOUT")
    assert (read.status_code, len(read.text.splitlines())) == (200, 11)


@pytest.mark.parametrize("value", ["0", "-1", "31", "soon"])
def test_a_limit_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """PostgreSQL ends every statement after 30 seconds."""
    monkeypatch.setenv("MAX_QUERY_SECONDS", value)
    with pytest.raises(SettingsError, match="MAX_QUERY_SECONDS"):
        Settings.load()
