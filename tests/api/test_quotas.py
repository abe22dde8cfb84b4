"""What a key, or an address, may ask for in a minute."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, suppress
from itertools import count, cycle
from typing import Any, Final, TypeVar

import httpx
import pytest

from domain.access.rate_limits import RateLimits
from domain.access.secret import Secret
from domain.errors import RateLimitedError
from domain.queue import redis
from domain.settings import AppEnv, Settings
from tests.api.client import Client
from tests.api.keys import bearer, new_key
from tests.api.process import Process, environment, serving
from tests.api.socket_client import socket
from tests.patience import PATIENCE

REQUESTS: Final = 20
COST: Final = 600  # less than a single query may cost
CHEAP: Final = "{ timeframes { interval } }"
DEAR: Final = 150  # of the next
ALIASES: Final = " ".join(f"a{n}: timeframes {{ interval }}" for n in range(15))

# What the log of a process says that begins to count alone, and that ends to.
ALONE: Final = "doing without limits across processes"
TOGETHER: Final = f"no longer {ALONE}"

Found = TypeVar("Found")


@pytest.fixture(scope="module")
def processes(installation: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Process]]:
    """Two of one installation."""
    limits = {"RATE_LIMIT_PER_MINUTE": str(REQUESTS), "COST_LIMIT_PER_MINUTE": str(COST)}
    environ = environment(installation, APP_ENV="production", **limits)
    folder = tmp_path_factory.mktemp("quotas")
    with ExitStack() as stack:
        yield [stack.enter_context(serving(environ, folder / name)) for name in ("one", "other")]


@pytest.fixture
async def clients(processes: list[Process], settings: Settings) -> AsyncIterator[list[httpx.AsyncClient]]:
    async with AsyncExitStack() as stack:
        opened = [httpx.AsyncClient(base_url=process.url, timeout=PATIENCE) for process in processes]
        yield [await stack.enter_async_context(client) for client in opened]


async def counted_together(processes: list[Process], ask: Callable[[Secret], Awaitable[Found]]) -> Found:
    """What is found with a new key while nobody takes Redis for gone, which on a busy machine it may seem to be."""
    async with asyncio.timeout(PATIENCE):
        for attempt in count():
            while any(log.count(ALONE) > 2 * log.count(TOGETHER) for log in logs(processes)):  # noqa: ASYNC110  # of files
                await asyncio.sleep(0.1)
            before = logs(processes)
            found = await ask(await new_key(f"attempt {attempt}"))
            if [log.count(ALONE) for log in before] == [log.count(ALONE) for log in logs(processes)]:
                break
    return found


def logs(processes: list[Process]) -> list[str]:
    return [process.log.read_text() for process in processes]


async def asked(client: httpx.AsyncClient, headers: dict[str, str], query: str = CHEAP) -> httpx.Response:
    return await client.post("/graphql", json={"query": query}, headers=headers)


def left(answer: httpx.Response) -> dict[str, int]:
    """What the answer says of each quota."""
    items = (item.split(";r=") for item in answer.headers["ratelimit"].split(", "))
    return {name.strip('"'): int(count) for name, count in items}


async def test_a_key_has_so_many_requests_a_minute(processes: list[Process], clients: list[httpx.AsyncClient]) -> None:
    """However many processes it asks; the refusal says when to come back, and others are served meanwhile."""
    modest, source = bearer(await new_key("modest")), cycle(clients)

    async def ask(greedy: Secret) -> list[httpx.Response]:
        return await asyncio.gather(*(asked(next(source), bearer(greedy)) for _ in range(2 * REQUESTS)))

    answers = await counted_together(processes, ask)
    refused = next(answer for answer in answers if answer.status_code == 429)
    [error] = refused.json()["errors"]
    wait = error["extensions"]["retryAfter"]

    assert Counter(answer.status_code for answer in answers) == {200: REQUESTS, 429: REQUESTS}
    assert min(left(answer)["requests"] for answer in answers if answer.status_code == 200) == 0
    assert (error["extensions"]["code"], "data" in refused.json()) == ("RATE_LIMITED", False)
    assert 0 < wait <= 60
    assert refused.headers["retry-after"] == str(wait)
    assert [(await asked(client, modest)).status_code for client in clients] == [200, 200]


async def test_what_it_asks_for_is_counted_by_its_cost(
    processes: list[Process], clients: list[httpx.AsyncClient]
) -> None:
    """Fifteen aliases cost fifteen times as much as one, and are told beforehand that it is too much."""

    async def ask(key: Secret) -> list[httpx.Response]:
        answers = [await asked(clients[0], bearer(key)), await asked(clients[1], bearer(key), f"{{ {ALIASES} }}")]
        return answers + [await asked(clients[0], bearer(key), f"{{ {ALIASES} }}") for _ in range(COST // DEAR)]

    one, fifteen, *_, last = await counted_together(processes, ask)
    costs = [answer.json()["extensions"]["cost"] for answer in (one, fifteen)]
    assert costs[1] == 15 * costs[0]
    assert [left(answer)["cost"] for answer in (one, fifteen)] == [COST - costs[0], COST - sum(costs)]
    assert one.headers["ratelimit-policy"] == f'"requests";q={REQUESTS};w=60, "cost";q={COST};w=60'
    assert costs[1] == DEAR
    assert (last.status_code, last.json()["errors"][0]["extensions"]["code"]) == (429, "RATE_LIMITED")
    assert left(last)["requests"] > 0


async def test_a_socket_counts_like_requests(processes: list[Process], clients: list[httpx.AsyncClient]) -> None:
    """Each operation, with the requests of its key."""

    async def ask(key: Secret) -> list[dict[str, Any]]:
        await asked(clients[1], bearer(key))
        told = []
        async with socket(processes[0].url, key.text) as wire:
            for _ in range(REQUESTS):
                await wire.subscribe("{ __typename }")
                told.append(await wire.receive())
                if told[-1]["type"] == "next":
                    assert await wire.receive() == {"type": "complete", "id": told[-1]["id"]}
            await wire.send(type="ping")
            return [*told, await wire.receive()]

    *answered, refused, pong = await counted_together(processes, ask)
    [error] = refused["payload"]
    assert [message["type"] for message in answered] == ["next"] * (REQUESTS - 1)
    assert (error["extensions"]["code"], 0 < error["extensions"]["retryAfter"] <= 60) == ("RATE_LIMITED", True)
    assert pong == {"type": "pong"}


async def test_who_tries_keys_is_counted_by_the_address(clients: list[httpx.AsyncClient]) -> None:
    """Which is that of the connection, whatever the request says of it; who has a key is not held up by that."""
    forged: list[dict[str, str]] = [
        {"X-Forwarded-For": f"10.0.0.{n}", "Forwarded": f"for=10.0.0.{n}", "X-Real-IP": f"10.0.0.{n}"}
        for n in range(REQUESTS + 5)
    ]
    answers = [await asked(clients[0], headers) for headers in forged]

    assert [answer.status_code for answer in answers] == [401] * REQUESTS + [429] * 5
    assert (await asked(clients[0], bearer(await new_key()))).status_code == 200


async def test_development_counts_nothing(api: Client, settings: Settings) -> None:
    """Nor does it ask Redis about it."""
    answer = await api.http.post("/graphql", json={"query": CHEAP})
    async with redis(settings.redis_url) as client:
        assert await client.keys("candelabra:limits*") == []
    assert not [name for name in answer.headers if name.startswith("ratelimit")]


def test_limits_hold_where_keys_are_needed() -> None:
    """Or where the environment sets one of them."""
    base: dict[str, Any] = {"app_env": AppEnv.DEVELOPMENT}
    assert Settings(**base).limits_per_minute is None
    assert Settings(**base, rate_limit_per_minute=7).limits_per_minute == (7, 30_000_000)
    assert Settings(**base, cost_limit_per_minute=7).limits_per_minute == (6_000, 7)
    assert Settings(app_env=AppEnv.PRODUCTION).limits_per_minute == (6_000, 30_000_000)


@pytest.mark.parametrize(
    ("host", "is_local"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("example.org", False),
    ],
)
def test_keys_are_needed_where_others_can_listen(host: str, *, is_local: bool) -> None:
    """In production everywhere."""
    assert Settings(host=host).requires_key is not is_local
    assert Settings(host=host, app_env=AppEnv.PRODUCTION).requires_key


async def test_a_quota_is_whole_again_when_it_was_said_to_be(settings: Settings) -> None:
    """After `retry_after` seconds, and not before: Redis tells the last 2.4 of a minute as 2."""
    async with redis(settings.redis_url) as client:
        limits = RateLimits(client, 1, 1)
        await RateLimits(client, 1, 1).count("someone")
        [key] = await client.keys("candelabra:limits*")
        await client.pexpire(key, 2_400)
        with pytest.raises(RateLimitedError) as refused:
            await limits.count("someone")
        assert refused.value.retry_after in {1, 2, 3}
        await asyncio.sleep(refused.value.retry_after or 0)
        assert (await limits.count("someone")).left == 0


async def test_processes_share_a_quota_to_the_hundredth(settings: Settings) -> None:
    """Each takes a hundredth at a time, so that together they never serve more, and hardly less."""
    async with redis(settings.redis_url) as client:
        processes = cycle([RateLimits(client, 1_000, 30_000) for _ in range(2)])
        served, spent = 0, 0
        for _ in range(1_100):
            limits = next(processes)
            with suppress(RateLimitedError):
                await limits.count("someone")
                served += 1
            with suppress(RateLimitedError):
                await limits.spend("someone", 37)
                spent += 37

    assert 990 <= served <= 1_000
    assert 29_000 <= spent <= 30_000


async def test_a_process_counts_alone_without_redis() -> None:
    """At once, and nobody is let through for it, nor held up."""
    async with redis("redis://127.0.0.1:1") as client:
        limits = RateLimits(client, 3, 10)
        assert [(await limits.count("someone")).left for _ in range(3)] == [2, 1, 0]
        with pytest.raises(RateLimitedError):
            await limits.count("someone")
        assert (await limits.count("another")).left == 2
        assert (await limits.spend("someone", 11)).left == 0
