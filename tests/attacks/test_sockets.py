"""WebSockets in masses: bounded memory, closing codes, and others notice nothing."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from typing import Final

import httpx
from websockets.exceptions import ConnectionClosed

from domain.settings import Settings
from tests import factories
from tests.api.process import Process
from tests.api.socket_client import Socket, socket, wired
from tests.attacks.raw import UPGRADE
from tests.attacks.raw import wired as raw
from tests.attacks.vitals import healthy
from tests.chaos.parts import going_on

SILENT: Final = 300  # connections
INIT_SECONDS: Final = 5.0
SUBSCRIBES: Final = 10_000
FOLLOW: Final = 'subscription { candles(exchange: "binance", symbol: "BTC/USDT", interval: "1m") { kind } }'


async def test_300_sockets_that_say_nothing_are_closed(development: Process) -> None:
    """Each with 4408, within five seconds; one that speaks stays."""
    async with (
        healthy(development, f"{SILENT} silent sockets"),
        socket(development.url) as other,
        AsyncExitStack() as stack,
    ):
        wires = [await stack.enter_async_context(wired(development.url)) for _ in range(SILENT)]
        async with asyncio.timeout(2 * INIT_SECONDS):
            closings = await asyncio.gather(*(wire.closing() for wire in wires))
        await other.subscribe("{ __typename }")
        assert await other.next() == {"__typename": "Query"}

    assert {code for code, _ in closings} == {4408}


async def test_a_flood_of_inits_ends_the_connection(development: Process) -> None:
    """4429, at the second."""
    async with wired(development.url) as wire:
        with suppress(ConnectionClosed):
            for _ in range(1_000):
                await wire.send(type="connection_init")
        assert (await wire.closing())[0] == 4429


async def test_10000_subscribes_run_no_more_than_are_allowed(development: Process, settings: Settings) -> None:
    """Of one connection; it is told RATE_LIMITED of the others, and goes on. A busy server may not take all 500."""
    await factories.pair()
    frames = [json.dumps({"type": "subscribe", "id": str(n), "payload": {"query": FOLLOW}}) for n in range(SUBSCRIBES)]
    async with healthy(development, f"{SUBSCRIBES} subscribes"), socket(development.url) as wire:
        sending = asyncio.create_task(_send_all(wire, frames))
        refused = [await wire.error() for _ in range(SUBSCRIBES - 500)]
        await sending
        await wire.send(type="ping")
        while (message := await wire.receive()) != {"type": "pong"}:
            refused.append(message["payload"][0]["extensions"])

    print(f"{SUBSCRIBES - len(refused)} of 500 run")
    assert {"RATE_LIMITED"} <= {error["code"] for error in refused} <= {"RATE_LIMITED", "OVERLOADED"}


async def _send_all(wire: Socket, frames: list[str]) -> None:
    for frame in frames:
        await wire.wire.send(frame)


async def test_a_frame_in_many_pieces_is_no_larger(development: Process) -> None:
    """1009 as soon as they have 64 KiB together, whether or not there would be more of them."""

    async def pieces() -> AsyncIterator[str]:
        for _ in range(66):
            yield "x" * 1_000
        await asyncio.Event().wait()

    async with socket(development.url) as wire, going_on(wire.wire.send(pieces())):
        assert (await wire.closing())[0] == 1009


async def test_masks_and_bits_that_are_wrong_end_the_connection_alone(development: Process) -> None:
    """Frames that are none: unmasked, of a reserved kind, compressed though nobody agreed to."""
    for nonsense in (b"\x81\x02{}", b"\x83\x80\0\0\0\0", b"\xc1\x80\0\0\0\0", b"\xff" * 100):
        async with asyncio.timeout(10), raw(development.url) as wire:
            await wire.send(UPGRADE)
            await wire.head()
            await wire.send(nonsense)
            assert b"\x03\xea" in await wire.answer()  # 1002
    async with httpx.AsyncClient(base_url=development.url) as client:
        assert (await client.get("/healthz")).status_code == 200
