"""GraphQL over WebSocket: the protocol graphql-transport-ws, and what those who abuse it are told."""

import asyncio
import json
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from api.socket.connection import Connection
from domain.settings import Settings
from tests import factories
from tests.api.process import Process, environment, serving
from tests.api.socket_client import Socket, socket, wired
from tests.factories import START, minutes
from tests.patience import PATIENCE
from tests.tardiness import tardiness

ENDLESS = """subscription { candles(exchange: "binance", symbol: "BTC/USDT", interval: "1m") { kind } }"""


@pytest.fixture
async def wire(address: str, settings: Settings) -> AsyncIterator[Socket]:
    async with socket(address) as found:
        yield found


async def test_who_says_nothing_is_closed(address: str, settings: Settings) -> None:
    """4408, within five seconds."""
    began = time.monotonic()
    async with tardiness() as late, wired(address) as wire, asyncio.timeout(PATIENCE):
        assert await wire.closing() == (4408, "Connection initialisation timeout")
    assert time.monotonic() - began <= 5 + 2 * late.worst


async def test_nothing_is_answered_before_the_connection_is_acknowledged(address: str, settings: Settings) -> None:
    """4401; but a ping is."""
    async with wired(address) as wire:
        await wire.send(type="ping")
        assert await wire.receive() == {"type": "pong"}
        await wire.subscribe("{ __typename }")
        assert (await wire.closing())[0] == 4401


async def test_a_connection_begins_once(wire: Socket) -> None:
    """4429 for a second connection_init."""
    await wire.send(type="connection_init")

    assert await wire.closing() == (4429, "Too many initialisation requests")


async def test_two_operations_cannot_have_one_id(wire: Socket) -> None:
    """4409, as long as the first is running."""
    await factories.pair()
    await wire.subscribe(ENDLESS, "twice")
    await wire.subscribe(ENDLESS, "twice")

    assert await wire.closing() == (4409, "Subscriber for twice already exists")


async def test_an_id_can_be_used_again(wire: Socket) -> None:
    """Once its operation is complete, whichever side said so."""
    await factories.pair()
    for _ in range(2):
        await wire.subscribe("{ __typename }", "again")
        assert [(await wire.receive())["type"] for _ in range(2)] == ["next", "complete"]
        await wire.subscribe(ENDLESS, "again")
        await wire.send(type="complete", id="again")
    await wire.send(type="ping")

    assert await wire.receive() == {"type": "pong"}


QUERY = {"query": "{ __typename }"}
BAD: list[Any] = [
    b'{"type":"ping"}',
    "",
    "ping",
    "null",
    "[]",
    '"ping"',
    "{}",
    '{"type":1}',
    '{"type":"start"}',
    '{"type":"next","id":"1","payload":{}}',
    '{"type":"ping","payload":1}',
    '{"type":"complete"}',
    "[" * 60_000,
    '{"type":"ping","payload":{"n":' + "9" * 5_000 + "}}",
    {"type": "subscribe", "payload": QUERY},
    {"type": "subscribe", "id": 1, "payload": QUERY},
    {"type": "subscribe", "id": "", "payload": QUERY},
    {"type": "subscribe", "id": "x" * 256, "payload": QUERY},
    {"type": "subscribe", "id": "1"},
    {"type": "subscribe", "id": "1", "payload": []},
    {"type": "subscribe", "id": "1", "payload": {}},
    {"type": "subscribe", "id": "1", "payload": {"query": 1}},
    {"type": "subscribe", "id": "1", "payload": {**QUERY, "variables": []}},
    {"type": "subscribe", "id": "1", "payload": {**QUERY, "operationName": 1}},
    {"type": "subscribe", "id": "1", "payload": {**QUERY, "extensions": 1}},
]


@pytest.mark.parametrize("message", BAD, ids=range(len(BAD)))
async def test_what_is_no_message_closes_the_connection(wire: Socket, message: Any) -> None:
    """4400 and a reason for people."""
    await wire.wire.send(json.dumps(message) if isinstance(message, dict) else message)
    code, reason = await wire.closing()

    assert code == 4400
    assert reason.endswith((".", "given."))


@pytest.mark.parametrize("protocol", ["graphql-ws", "nonsense", ""])
async def test_another_protocol_is_not_spoken(address: str, settings: Settings, protocol: str) -> None:
    """4406, also for the legacy one."""
    async with wired(address, protocol=protocol) as wire:
        assert (await wire.closing())[0] == 4406


async def test_pages_of_other_hosts_are_refused(address: str, settings: Settings) -> None:
    """403 before the connection is made; our own pages are welcome."""
    for origin in ("https://elsewhere.example", "null", f"{address}0"):
        with pytest.raises(InvalidStatus) as refused:
            async with wired(address, origin=origin):
                pass
        assert refused.value.response.status_code == 403
    async with wired(address, origin=f"https://{urlsplit(address).netloc}") as wire:
        await wire.begin()


async def test_a_frame_has_at_most_64_kib(wire: Socket) -> None:
    """1009 for a larger one."""
    await wire.subscribe("#" + "x" * 1_000_000)

    assert (await wire.closing())[0] == 1009


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("{", "Syntax Error"),
        ("{ nothing }", "Cannot query field"),
        ("query A { __typename } query B { __typename }", "operationName"),
        ("query($n: Int!) { coins(first: $n) { totalCount } }", "$n"),
        ("subscription { candles(exchange: 1) { kind } }", "non string"),
        ("subscription { __typename }", "introspection"),
        ('subscription { a: syncJob(id: "") { id } b: syncJob(id: "") { id } }', "only one"),
        ('subscription($no: Boolean = false) { syncJob(id: "") @include(if: $no) { id } }', "must not use"),
        ("{ " + " ".join(f"a{n}: __typename" for n in range(200)) + " }", "aliases"),
    ],
)
async def test_what_cannot_begin_is_an_error_of_its_operation_alone(wire: Socket, query: str, words: str) -> None:
    """The connection goes on, and with it all other operations."""
    name = await wire.subscribe(query)
    refused = await wire.receive()
    await wire.subscribe("{ __typename }")

    assert (refused["type"], refused["id"]) == ("error", name)
    assert {error["extensions"]["code"] for error in refused["payload"]} == {"BAD_USER_INPUT"}
    assert words in refused["payload"][0]["message"]
    assert await wire.next() == {"__typename": "Query"}


async def both(wire: Socket, http: httpx.AsyncClient, payload: dict[str, Any]) -> tuple[str, str]:
    """The bytes of the answer to the same request over WebSocket and over HTTP."""
    body, media_type = json.dumps(payload), {"Content-Type": "application/json"}
    await wire.wire.send(f'{{"type":"subscribe","id":"1","payload":{body}}}')
    async with asyncio.timeout(PATIENCE):
        frame = str(await wire.wire.recv())
        assert await wire.receive() == {"type": "complete", "id": "1"}
    head, tail = '{"type":"next","id":"1","payload":', "}"
    assert frame.startswith(head)
    return frame.removeprefix(head).removesuffix(tail), (
        await http.post("/graphql", content=body, headers=media_type)
    ).text


LISTED = "timestamp open high low close volume isComplete isFilled id"
SAME: list[dict[str, Any]] = [
    {
        "query": f"""query Other {{ __typename }} query Wanted(
            $exchange: String!, $symbol: String!, $interval: Interval!, $from: DateTime, $to: DateTime, $first: Int,
            $fill: Fill! = NONE, $yes: Boolean!
        ) {{
            again: candles(exchange: $exchange, symbol: $symbol, interval: $interval, from: $from, to: $to,
                first: $first, fill: $fill
            ) {{ nodes @include(if: $yes) {{ {LISTED} }} pageInfo {{ hasNextPage endCursor }} totalCount }}
        }}""",
        "operationName": "Wanted",
        "variables": {
            "exchange": "binance",
            "symbol": "BTC/USDT",
            "interval": "5m",
            "from": START.isoformat(),
            "to": (START + minutes(60)).isoformat(),
            "first": 7,
            "fill": "PREVIOUS_CLOSE",
            "yes": True,
        },
    },
    {"query": '{ series(exchange: "binance", symbol: "BTC/USDT", interval: "1m") { time close } }'},
    {"query": "{ pairs { nodes { id symbol coverage { percent } latestCandle { close } } } }", "variables": None},
    {"query": '{ candles(exchange: "nowhere", symbol: "X/Y", interval: "1m") { totalCount } coins { totalCount } }'},
    {"query": "query($s: String) { coins(search: $s) { totalCount } __typename }", "variables": {"s": "\ud800\0"}},
]


@pytest.mark.parametrize("payload", SAME, ids=range(len(SAME)))
async def test_queries_are_answered_as_over_http(
    wire: Socket, http: httpx.AsyncClient, payload: dict[str, Any]
) -> None:
    """To the byte: named operations, variables in every argument, errors beside data, costs."""
    await factories.history(await factories.pair(), 90)
    over_socket, over_http = await both(wire, http, payload)

    assert over_socket == over_http


async def test_mutations_are_executed(wire: Socket) -> None:
    """And what they change is there."""
    pair = await factories.pair()
    await wire.subscribe(
        "mutation($id: ID!) { setPairActive(input: {id: $id, isActive: false}) { pair { isActive } } }",
        id=str(pair.id),
    )

    assert await wire.next() == {"setPairActive": {"pair": {"isActive": False}}}


async def test_a_slow_operation_does_not_hold_up_the_others(wire: Socket) -> None:
    """Answers come as they are ready, not in the order of the questions."""
    await factories.pair()
    await wire.subscribe(ENDLESS, "endless")
    for name in ("a", "b"):
        await wire.subscribe("{ __typename }", name)
    names = {(await wire.receive())["id"] for _ in range(4)}

    assert names == {"a", "b"}


def listened_to() -> int:
    """How many connections of this process's server are open."""
    coroutines = [task.get_coro() for task in asyncio.all_tasks()]
    return sum(getattr(coroutine, "__qualname__", "") == Connection._read.__qualname__ for coroutine in coroutines)


async def test_who_does_not_read_is_dropped_with_a_reason(address: str, wire: Socket) -> None:
    """1013, which lets it come back, instead of keeping for it what it does not take; others notice nothing."""
    await factories.history(await factories.pair(), 100_000)
    everything = f"""subscription {{
        candles(exchange: "binance", symbol: "BTC/USDT", interval: "1m", since: "{START.isoformat()}") {{
            candles {{ {LISTED} }}
        }}
    }}"""
    async with wired(address) as slow:
        await slow.begin()
        before = listened_to()
        await slow.subscribe(everything)
        async with asyncio.timeout(PATIENCE):
            while listened_to() == before:
                await wire.subscribe("{ __typename }")
                assert await wire.next() == {"__typename": "Query"}
                assert (await wire.receive())["type"] == "complete"
                await asyncio.sleep(0.1)

        assert await slow.closing() == (1013, "You read more slowly than there is news; subscribe again.")


async def test_nothing_is_left_of_those_who_have_gone(address: str, settings: Settings) -> None:
    """No task, five seconds after they left without a word."""
    await factories.pair()
    before = asyncio.all_tasks()
    async with AsyncExitStack() as stack:
        wires = [await stack.enter_async_context(socket(address)) for _ in range(10)]
        for wire in wires:
            for name in "abc":
                await wire.subscribe(ENDLESS, name)
            await wire.send(type="ping")
            await wire.receive()
        assert len(asyncio.all_tasks() - before) >= 30
        for wire in wires:
            wire.wire.transport.abort()
    async with asyncio.timeout(PATIENCE):
        while asyncio.all_tasks() - before:  # noqa: ASYNC110  # tasks set no event
            await asyncio.sleep(0.02)


@pytest.fixture(scope="module")
def narrow(installation: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """A process that allows little."""
    environ = environment(installation, MAX_SOCKETS="2", MAX_SOCKET_OPERATIONS="3")
    with serving(environ, tmp_path_factory.mktemp("narrow") / "log") as process:
        yield process
        process.stop()


async def test_operations_of_a_connection_are_limited(narrow: Process, settings: Settings) -> None:
    """RATE_LIMITED for one too many; the others go on, and one that is complete makes room."""
    await factories.pair()
    async with socket(narrow.url) as wire:
        for name in "abc":
            await wire.subscribe(ENDLESS, name)
        await wire.subscribe("{ __typename }")
        assert (await wire.error())["code"] == "RATE_LIMITED"
        await wire.send(type="complete", id="a")
        await wire.subscribe("{ __typename }")
        assert await wire.next() == {"__typename": "Query"}


async def test_connections_of_an_address_are_limited(narrow: Process, settings: Settings) -> None:
    """429 for one too many; who leaves makes room."""
    await _has_room(narrow.url)
    async with socket(narrow.url), socket(narrow.url):
        with pytest.raises(InvalidStatus) as refused:
            async with wired(narrow.url):
                pass
        assert refused.value.response.status_code == 429
        assert b"RATE_LIMITED" in refused.value.response.body
    await _has_room(narrow.url)


async def _has_room(url: str) -> None:
    """Waits until nobody is connected."""
    async with asyncio.timeout(PATIENCE):
        while not await _are_let_in(url):  # noqa: ASYNC110  # no event tells
            await asyncio.sleep(0.02)


async def _are_let_in(url: str) -> bool:
    try:
        async with socket(url), socket(url):
            pass
    except InvalidStatus:
        return False
    return True


async def test_a_process_that_stops_says_so(narrow: Process, settings: Settings) -> None:
    """1012, which lets clients come back, and no trace in the log."""
    await factories.pair()
    async with socket(narrow.url) as wire:
        await wire.subscribe(ENDLESS)
        narrow.program.send_signal(signal.SIGTERM)
        assert (await wire.closing())[0] == 1012
    assert await asyncio.to_thread(narrow.program.wait, 10) == 0
    assert "Traceback" not in narrow.log.read_text(), narrow.log.read_text()
