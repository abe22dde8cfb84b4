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
        self._known = LRUCache[tuple[UUID, int], Shown | None](_REMEMBERED)

    async def of(
        self, pairs: Sequence[Pair], find: Callable[[Sequence[Pair]], Awaitable[Sequence[Shown | None]]]
    ) -> list[Shown | None]:
        """For each pair as it was just read; `find` reads the candles of those that are not known."""
        missing = [pair for pair in pairs if (pair.id, pair.version) not in self._known]
        found = await find(missing) if missing else ()
        fresh = {pair.series: candle for pair, candle in zip(missing, found, strict=True)}
        latest = [fresh[pair.series] if pair.series in fresh else self._known[pair.id, pair.version] for pair in pairs]
        self._known.update({(pair.id, pair.version): fresh[pair.series] for pair in missing})
        return latest
