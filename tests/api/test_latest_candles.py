"""The newest candles that a process remembers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast
from uuid import UUID, uuid4

from api.candles.latest import LatestCandles
from domain.records import Pair


@dataclass(frozen=True)
class Read:
    """A pair as it was read."""

    id: UUID
    version: int


async def shown(remembered: LatestCandles[str], *pairs: Read) -> tuple[list[str | None], int]:
    """What is shown for each, and how many of them had to be found."""
    sought = 0

    async def find(missing: Sequence[Pair]) -> list[str | None]:
        nonlocal sought
        sought = len(missing)
        return [f"candle of {pair.version}" for pair in missing]

    return await remembered.of(cast("Sequence[Pair]", pairs), find), sought


async def test_a_pair_is_remembered_once_however_often_it_changes() -> None:
    """Else what nobody can ask for any more would take memory for as long as others are remembered."""
    remembered, pair_id = LatestCandles[str](), uuid4()

    for version in range(3):
        assert await shown(remembered, Read(pair_id, version)) == ([f"candle of {version}"], 1)
        assert await shown(remembered, Read(pair_id, version)) == ([f"candle of {version}"], 0)

    assert len(remembered._known) == 1


async def test_a_pair_that_changed_while_it_was_read_twice_is_shown_as_it_was_read() -> None:
    """Neither is answered with what was before it."""
    remembered, pair_id = LatestCandles[str](), uuid4()
    await shown(remembered, Read(pair_id, 1))

    assert await shown(remembered, Read(pair_id, 1), Read(pair_id, 2)) == (["candle of 1", "candle of 2"], 1)
