"""Whole answers as they were sent, for who asks the very same again while nothing has changed that they show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cachetools import LRUCache

from api.metering import Meter
from api.sharing.batches import Batches
from domain.storage.series import MarketName, Series
from domain.telemetry.metrics import CACHE_HITS, CACHE_MISSES

# What an answer takes beside its body and its question.
_BYTES_AROUND: Final = 3_000


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """`shown` are the series of each market as they stood then; nothing else decides what the answer is."""

    body: bytes
    cost: int | None
    meter: Meter
    shown: Mapping[MarketName, Sequence[Series] | None]


class KeptAnswers:
    """By the body of the request: those that were used last, of `max_bytes` together."""

    def __init__(self, max_bytes: int, series: Batches[MarketName, list[Series]]) -> None:
        self._kept = LRUCache[bytes, KeptAnswer](max_bytes, getsizeof=_size)
        self._series = series
        self._hits, self._misses = CACHE_HITS.labels("answers"), CACHE_MISSES.labels("answers")

    async def find(self, asked: bytes) -> KeptAnswer | None:
        """None where it is not known, or no longer true."""
        kept = self._kept.get(asked)
        is_true = kept is not None and await self._series.load_many(kept.shown) == list(kept.shown.values())
        (self._hits if is_true else self._misses).inc()
        return kept if is_true else None

    def keep(self, asked: bytes, answer: KeptAnswer) -> None:
        if _size(answer) + len(asked) <= self._kept.maxsize:
            self._kept[asked] = answer


def _size(answer: KeptAnswer) -> int:
    return _BYTES_AROUND + len(answer.body)
