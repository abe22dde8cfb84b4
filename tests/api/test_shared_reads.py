"""Who asks for the same at the same time shares a reading that began after the question."""

import asyncio
from dataclasses import dataclass, field

import pytest

from api.sharing.shared_reads import SharedReads
from tests.patience import PATIENCE


@dataclass
class Table:
    """Changes whenever it is told to; takes its time to be read."""

    value: int = 0
    readings: int = 0
    is_slow: asyncio.Event = field(default_factory=asyncio.Event)

    async def read(self) -> int:
        self.readings += 1
        found = self.value
        await self.is_slow.wait()
        return found


async def test_a_reading_is_never_older_than_its_question() -> None:
    """Who comes while one is under way waits for the next, together with all others who do."""
    reads, table = SharedReads(), Table()
    early = [asyncio.create_task(reads.get("rows", table.read)) for _ in range(3)]
    await asyncio.sleep(0.01)
    table.value = 1
    late = [asyncio.create_task(reads.get("rows", table.read)) for _ in range(3)]
    await asyncio.sleep(0.01)
    table.is_slow.set()

    assert await asyncio.gather(*early, *late) == [0, 0, 0, 1, 1, 1]
    assert table.readings == 2


async def test_a_slow_reading_does_not_hold_up_the_next() -> None:
    reads, slow, quick = SharedReads(), Table(), Table(value=7)
    quick.is_slow.set()
    waiting = asyncio.create_task(reads.get("rows", slow.read))
    await asyncio.sleep(0.01)

    async with asyncio.timeout(PATIENCE):
        assert await reads.get("rows", quick.read) == 7
        assert await reads.get("rows", quick.read) == 7
    slow.is_slow.set()
    assert await waiting == 0


async def test_who_gives_up_does_not_take_the_answer_from_the_others() -> None:
    reads, table = SharedReads(), Table()
    asking = [asyncio.create_task(reads.get("rows", table.read)) for _ in range(3)]
    await asyncio.sleep(0)
    asking[0].cancel()
    table.is_slow.set()

    assert await asyncio.gather(*asking[1:]) == [0, 0]


async def test_all_are_told_of_a_failure_and_it_is_not_remembered() -> None:
    reads, table = SharedReads(), Table()
    table.is_slow.set()

    async def fail() -> int:
        raise ConnectionResetError

    told = await asyncio.gather(*(reads.get("rows", fail) for _ in range(2)), return_exceptions=True)
    assert [type(error) for error in told] == [ConnectionResetError] * 2
    assert await reads.get("rows", table.read) == 0


@pytest.mark.parametrize("other", ["columns", ("rows", 2)])
async def test_nothing_waits_for_what_is_not_the_same(other: object) -> None:
    reads, slow, quick = SharedReads(), Table(), Table(value=7)
    quick.is_slow.set()
    waiting = asyncio.create_task(reads.get("rows", slow.read))
    await asyncio.sleep(0)

    assert await reads.get(other, quick.read) == 7
    slow.is_slow.set()
    assert await waiting == 0


async def test_a_reading_that_nobody_waits_for_is_ended_and_not_given_to_who_comes_then() -> None:
    reads, slow, quick = SharedReads(), Table(), Table(value=7)
    quick.is_slow.set()
    waiting = [asyncio.create_task(reads.get("rows", slow.read)) for _ in range(2)]
    await asyncio.sleep(0.01)
    for one in waiting:
        one.cancel()

    async with asyncio.timeout(5):
        assert await reads.get("rows", quick.read) == 7
    assert reads._next | reads._under_way == {}
