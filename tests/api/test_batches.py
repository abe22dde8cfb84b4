"""A statement for many ends when nobody waits for it any more, and with it nothing else."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from api.sharing.batches import Batches


@dataclass
class Table:
    """Takes its time until it is told to answer; `left` are questions that nobody waited for to the end."""

    is_there: asyncio.Event = field(default_factory=asyncio.Event)
    asked: list[Sequence[int]] = field(default_factory=list)
    left: list[Sequence[int]] = field(default_factory=list)

    async def find(self, keys: Sequence[int]) -> Mapping[int, int]:
        self.asked.append(keys)
        try:
            await self.is_there.wait()
        except asyncio.CancelledError:
            self.left.append(keys)
            raise
        return {key: -key for key in keys}


async def asking(batches: Batches[int, int], *keys: int) -> list[asyncio.Task[int | None]]:
    """Under way, or in line for the next statement."""
    tasks = [asyncio.create_task(batches.load(key)) for key in keys]
    await asyncio.sleep(0.01)
    return tasks


async def test_a_statement_that_nobody_waits_for_is_ended_and_the_next_begins() -> None:
    table = Table()
    batches = Batches(table.find)
    first, second = await asking(batches, 1, 2)
    [third] = await asking(batches, 3)
    first.cancel()
    await asyncio.sleep(0.01)
    assert table.left == []

    second.cancel()
    await asyncio.sleep(0.01)
    assert (table.left, table.asked) == ([[1, 2]], [[1, 2], [3]])
    table.is_there.set()
    assert await third == -3


async def test_who_leaves_before_the_statement_begins_is_not_asked_for() -> None:
    table = Table()
    batches = Batches(table.find)
    [first] = await asking(batches, 1)
    second, third = await asking(batches, 2, 3)
    second.cancel()
    table.is_there.set()

    assert [await first, await third] == [-1, -3]
    assert table.asked == [[1], [3]]


async def test_who_leaves_at_once_takes_the_statement_from_nobody() -> None:
    """Also where one has been answered before."""
    table = Table()
    table.is_there.set()
    batches = Batches(table.find)
    assert await batches.load(1) == -1
    early = asyncio.create_task(batches.load(2))
    await asyncio.sleep(0)
    early.cancel()
    async with asyncio.timeout(5):
        assert await batches.load(3) == -3


async def test_nobody_is_kept_waiting_by_any_order_of_leaving() -> None:
    """A hundred who ask, each second of whom gives up at some instant."""
    table = Table()
    table.is_there.set()
    batches = Batches(table.find)
    for pause in range(6):
        tasks = [asyncio.create_task(batches.load(key)) for key in range(100)]
        for task in tasks[::2]:
            for _ in range(pause):
                await asyncio.sleep(0)
            task.cancel()
        async with asyncio.timeout(5):
            assert await asyncio.gather(*tasks[1::2]) == [-key for key in range(1, 100, 2)]
