"""Whoever waits tells others that are slow from a loop of its own that is."""

import asyncio
import socket
import time

import pytest

from domain.patience import patience


async def test_who_waits_gives_up() -> None:
    """With TimeoutError, neither at once nor never."""
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        async with patience(0.1):
            await asyncio.Event().wait()

    assert time.monotonic() - began >= 0.09


async def test_what_came_while_the_loop_was_busy_came_in_time() -> None:
    """Where asyncio.timeout gives up, since its time is over once anybody looks."""
    near, far = socket.socketpair()
    reader, writer = await asyncio.open_connection(sock=near)
    with far:
        async with patience(0.1):
            far.sendall(b"x")
            time.sleep(0.2)  # noqa: ASYNC251  # the others' requests, or another process that has the processor
            assert await reader.readexactly(1) == b"x"
    writer.close()


async def test_nothing_is_left_of_it() -> None:
    """Who was answered in time is not disturbed later."""
    async with patience(0.02):
        await asyncio.sleep(0)

    await asyncio.sleep(0.05)
