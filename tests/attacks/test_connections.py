"""Connections that are slow, silent or many: they end, and those who behave notice nothing."""

import asyncio
import json
import os
import resource
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack, suppress
from pathlib import Path
from typing import Final

import httpx
import pytest

from api.__main__ import server_config
from api.app import create_app
from api.http.patience import PatientHttp, PatientSocket
from domain.clock import system_clock
from domain.settings import Settings
from tests import factories
from tests.api.conftest import InProcessServer, running
from tests.api.process import Process, environment, serving
from tests.api.socket_client import socket
from tests.attacks.raw import QUERY, UPGRADE, Wire, frame, post, wired
from tests.attacks.vitals import healthy
from tests.conftest import empty
from tests.tardiness import Stopwatch

SLOW: Final = 500  # connections
MAX_SECONDS: Final = 0.5  # that one in a hundred normal requests may take

MAX_PONGS: Final = 200_000  # bytes

PATIENCE: Final = 0.4  # seconds, of an API that is in a hurry


class HurriedHttp(PatientHttp):
    REQUEST_SECONDS = PATIENCE
    READ_SECONDS = PATIENCE


class HurriedSocket(PatientSocket):
    READ_SECONDS = PATIENCE


@pytest.fixture
async def server(installation: Settings) -> AsyncIterator[InProcessServer]:
    """An API whose patience a test can outlast."""
    config = server_config(create_app(installation, system_clock), installation)
    config.http, config.ws = HurriedHttp, HurriedSocket
    async with running(config) as server:
        yield server
        await empty(installation)


@pytest.fixture
def hurried(server: InProcessServer) -> str:
    return server.url


async def trickle(wire: Wire) -> None:
    """A byte now and then, of a request that does not end, until the server has enough of it."""
    with suppress(ConnectionError):
        for byte in post(QUERY + b" " * 1_000)[:100]:
            await wire.send(bytes([byte]))
            await asyncio.sleep(0.2)


async def test_500_slow_connections_do_not_hold_up_others(development: Process) -> None:
    """Each sends a byte of its request five times a second."""
    async with (
        AsyncExitStack() as stack,
        httpx.AsyncClient(base_url=development.url) as client,
        asyncio.TaskGroup() as group,
    ):
        wires = [await stack.enter_async_context(wired(development.url)) for _ in range(SLOW)]
        slow = [group.create_task(trickle(wire)) for wire in wires]
        spent = []
        async with healthy(development, f"{SLOW} slow connections"):
            for _ in range(200):
                clock = Stopwatch(development.program.pid, os.getpid())
                assert (await client.post("/graphql", content=QUERY, headers=JSON)).status_code == 200
                spent.append(clock.seconds)
                await asyncio.sleep(0.005)
        for task in slow:
            task.cancel()
    worst = statistics.quantiles(spent, n=100)[98]
    print(f"p99 {1e3 * worst:.0f} ms of {1e3 * MAX_SECONDS:.0f}")
    assert worst < MAX_SECONDS


JSON: Final = {"Content-Type": "application/json"}
UNFINISHED: Final = {
    "empty lines": b"\r\n\r\n",
    "half a line": b"POST /gra",
    "half a header": b"POST /graphql HTTP/1.1\r\nHost: ",
    "no body": post(b"", 100),
    "half a body": post(QUERY[:5], 100),
    "half a chunk": post(b"5\r\n{", headers=b"Transfer-Encoding: chunked\r\n"),
}


@pytest.mark.parametrize("name", UNFINISHED)
async def test_who_does_not_finish_a_request_is_closed(hurried: str, name: str) -> None:
    """With 408, when the time for a request is over; also after others."""
    async with asyncio.timeout(5), wired(hurried) as wire:
        begun = time.perf_counter()
        await wire.send(UNFINISHED[name])
        answer = await wire.answer()

    assert answer.count(b"HTTP/1.1 408 Request Timeout") == 1
    assert answer.count(b'{"data":{"__typename":"Query"}') == UNFINISHED[name].startswith(post())
    assert time.perf_counter() - begun > PATIENCE * 0.9


async def test_who_says_nothing_is_closed_as_soon(hurried: str) -> None:
    """A connection is for asking."""
    async with asyncio.timeout(5), wired(hurried) as wire:
        assert b"408" in await wire.answer()


async def test_who_trickles_is_closed_as_soon(hurried: str) -> None:
    """A byte at a time wins nothing: the time is that of the whole request."""
    async with asyncio.timeout(5), wired(hurried) as wire:
        trickling = asyncio.create_task(trickle(wire))
        assert b"408" in await wire.answer()
        trickling.cancel()


async def test_a_socket_is_not_taken_for_a_request(hurried: str) -> None:
    """It may be silent for longer."""
    async with socket(hurried) as wire:
        await asyncio.sleep(2 * PATIENCE)
        await wire.send(type="ping")
        assert await wire.receive() == {"type": "pong"}


async def test_a_request_that_takes_its_time_is_answered(hurried: str) -> None:
    """Only the client's part is limited: here it asks again and again over one connection."""
    async with httpx.AsyncClient(base_url=hurried) as client:
        for _ in range(4):
            assert (await client.post("/graphql", content=QUERY, headers=JSON)).status_code == 200
            await asyncio.sleep(PATIENCE / 2)


LISTED: Final = "timestamp open high low close volume id"


async def wait_for_none(server: InProcessServer) -> None:
    """Until nobody is connected."""
    async with asyncio.timeout(10):
        while server.server_state.connections:  # noqa: ASYNC110  # sets no event
            await asyncio.sleep(0.02)


async def test_who_does_not_read_its_answer_is_cut_off(server: InProcessServer) -> None:
    """Nothing of the answer is kept for it."""
    await factories.history(await factories.pair(), 10_000)
    at = 'exchange: "binance", symbol: "BTC/USDT", interval: "1m", first: 10000'
    query = json.dumps({"query": f"{{ candles({at}) {{ nodes {{ {LISTED} }} }} }}"}).encode()
    async with AsyncExitStack() as stack:
        for _ in range(3):
            wire = await stack.enter_async_context(wired(server.url))
            wire.stop_reading()
            await wire.send(post(query) * 8)
        await asyncio.sleep(PATIENCE / 2)
        assert len(server.server_state.connections) == 3
        await wait_for_none(server)


async def test_who_does_not_read_its_messages_is_cut_off(server: InProcessServer) -> None:
    """Also one that the application has closed, with something left to read."""
    await factories.history(await factories.pair(), 10_000)
    at = 'exchange: "binance", symbol: "BTC/USDT", interval: "1m", first: 10000'
    query = json.dumps({"query": f"{{ candles({at}) {{ nodes {{ {LISTED} }} }} }}"})
    async with wired(server.url) as wire:
        await wire.send(UPGRADE + frame(b'{"type":"connection_init"}'))
        await wire.head()
        wire.stop_reading()
        for name in range(8):
            await wire.send(frame(f'{{"type":"subscribe","id":"{name}","payload":{query}}}'.encode()))
        await wire.send(frame(b"nonsense"))
        await wait_for_none(server)


async def test_pongs_that_are_not_read_are_not_kept(server: InProcessServer) -> None:
    """However many pings come."""
    pings, kept, sent = frame(b"x" * 125, opcode=9) * 400, 0, 0
    async with wired(server.url) as wire:
        await wire.send(UPGRADE + frame(b'{"type":"connection_init"}'))
        await wire.head()
        wire.stop_reading()
        while connections := server.server_state.connections:
            wire.writer.write(pings)
            sent += len(pings)
            await asyncio.sleep(0.001)
            kept = max([kept, *(one.transport.get_write_buffer_size() for one in connections)])

    print(f"{sent:,} bytes of pings; {kept:,} of {MAX_PONGS:,} bytes of pongs")
    assert sent > 2 * MAX_PONGS
    assert kept < MAX_PONGS


IDLE: Final = 2_000  # connections
ELSEWHERE: Final = "127.0.0.2"


async def connected(url: str, count: int, stack: AsyncExitStack) -> list[Wire]:
    return [await stack.enter_async_context(wired(url)) for _ in range(count)]


async def test_2000_idle_connections_of_one_address_leave_room_for_others(development: Process) -> None:
    """Those beyond MAX_CONNECTIONS are told 429; who comes from another address notices nothing."""
    transport = httpx.AsyncHTTPTransport(local_address=ELSEWHERE)
    async with (
        AsyncExitStack() as stack,
        httpx.AsyncClient(base_url=development.url, transport=transport, timeout=10) as other,
        healthy(development, f"{IDLE} idle connections"),
        asyncio.timeout(30),
    ):
        wires = await connected(development.url, IDLE, stack)
        answers = [await other.post("/graphql", content=QUERY, headers=JSON) for _ in range(20)]
        refused = [await wire.answer() for wire in wires[-400:]]

    assert {answer.status_code for answer in answers} == {200}
    assert {answer.partition(b"\r\n")[0] for answer in refused} == {b"HTTP/1.1 429 Too Many Requests"}


async def test_an_address_that_closes_its_connections_may_open_others(installation: Settings) -> None:
    """However they end, and as WebSockets, too."""
    few = installation.model_copy(update={"max_connections": 4})
    config = server_config(create_app(few, system_clock), few)
    async with running(config) as server:
        for _ in range(3):
            async with AsyncExitStack() as stack, asyncio.timeout(10):
                first, second, *_ = await connected(server.url, 3, stack)
                await first.send(UPGRADE)
                assert b"101" in await first.head()
                await second.send(b"nonsense\r\n\r\n")
                await second.answer()
                wires = await connected(server.url, 3, stack)
                assert [b"429" in await wires[-1].answer(), wires[0].reader.at_eof()] == [True, False]
            await wait_for_none(server)
        assert config.connected == {}
        await empty(installation)


FEW_FILES: Final = 200  # open at a time, unless one asks for more


async def test_connections_have_room_where_programs_may_open_few_files(installation: Settings, tmp_path: Path) -> None:
    """More are asked for at the start."""
    usual = resource.getrlimit(resource.RLIMIT_NOFILE)
    with ExitStack() as ending:
        resource.setrlimit(resource.RLIMIT_NOFILE, (FEW_FILES, usual[1]))
        try:
            process = ending.enter_context(serving(environment(installation), tmp_path / "log"))
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, usual)
        await check_room(process)


async def check_room(process: Process) -> None:
    async with AsyncExitStack() as stack, httpx.AsyncClient(base_url=process.url, timeout=10) as other:
        await connected(process.url, 2 * FEW_FILES, stack)
        assert (await other.post("/graphql", content=QUERY, headers=JSON)).status_code == 200
