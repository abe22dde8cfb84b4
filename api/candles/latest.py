"""The newest candle of each series, as long as the series has the version that it was read at."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar
from uuid import UUID

from cachetools import LRUCache

from domain.records import Pair

# Series, of which each takes a kilobyte: more than anyone looks at together.
_REMEMBERED: Final = 10_000


Shown = TypeVar("Shown")


class LatestCandles(Generic[Shown]):
    """Those of the process, as they are shown."""

    def __init__(self) -> None:
        self._known = LRUCache[UUID, tuple[int, Shown | None]](_REMEMBERED)

    async def of(
        self, pairs: Sequence[Pair], find: Callable[[Sequence[Pair]], Awaitable[Sequence[Shown | None]]]
    ) -> list[Shown | None]:
        """For each pair as it was just read; `find` reads the candles of those that are not known."""
        kept = ((pair, self._known.get(pair.id)) for pair in pairs)
        latest = {(pair.id, known[0]): known[1] for pair, known in kept if known and known[0] == pair.version}
        missing = [pair for pair in pairs if (pair.id, pair.version) not in latest]
        found = await find(missing) if missing else ()
        fresh = {(pair.id, pair.version): candle for pair, candle in zip(missing, found, strict=True)}
        self._known.update({pair_id: (version, candle) for (pair_id, version), candle in fresh.items()})
        latest |= fresh
        return [latest[pair.id, pair.version] for pair in pairs]
