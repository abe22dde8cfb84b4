"""What happens to an export under way."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from starlette.requests import Request
from starlette.types import Message

from api.context import Context
from api.export_room import ExportRoom
from api.exports.reader import Reader
from api.exports.stream import Stream
from domain.access.authenticator import Authenticator
from domain.errors import OverloadedError, RateLimitedError
from domain.storage.stretches import Stretch
from tests.patience import PATIENCE

OPEN = Authenticator(cast("Any", None), None, requires_key=False)


@dataclass
class Purse:
    """Stands for a context; pays when its troubles are over."""

    troubles: list[Exception] = field(default_factory=list)
    cost: int = 0
    paid: list[int] = field(default_factory=list)

    async def spend(self) -> None:
        if self.troubles:
            raise self.troubles.pop(0)
        self.paid.append(self.cost)


class Ready:
    """Stands for a part."""

    cost = 120

    async def read(self) -> Stretch:
        return Stretch("", 0, None)


def reader(purse: Purse) -> Reader:
    scope: dict[str, Any] = {"type": "http", "headers": [], "client": None, "state": {"authenticator": OPEN}}
    return Reader(Request(scope), cast("Context", purse), ExportRoom(1, 10))


@pytest.mark.parametrize("trouble", [RateLimitedError("Spent.", 1), OverloadedError("Too much.")])
async def test_an_export_waits_for_its_next_minute_and_for_room(trouble: Exception) -> None:
    """Once it has begun; before, whoever asks is told."""
    purse, part = Purse(), Ready()
    read = reader(purse)
    await read(part)

    purse.troubles = [trouble]
    await read(part)

    assert purse.paid == [120, 120]
    with pytest.raises(type(trouble)):
        await reader(Purse([trouble]))(part)


async def test_a_client_that_takes_nothing_is_given_up() -> None:
    """Its place is free again, and what it has got has no end that looks like one."""
    sent = list[Message]()

    async def send(message: Message) -> None:
        sent.append(message)
        if message["type"] == "http.response.body":
            await asyncio.Event().wait()

    async def receive() -> Message:
        await asyncio.Event().wait()
        return {}

    async def body() -> AsyncGenerator[bytes, None]:
        yield b"more"

    room, stack = ExportRoom(1, 10), ExitStack()
    stack.enter_context(room.place())
    stream = Stream(b"first", body(), {}, "text/csv", "id", stack, patience=0.05)

    async with asyncio.timeout(PATIENCE):
        await stream({"type": "http", "asgi": {"spec_version": "2.3"}}, receive, send)

    assert [message.get("body") for message in sent] == [None, b"first"]
    with room.place():
        pass
