"""What the requests of a process share."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from redis.asyncio import Redis

from api.candles.latest import LatestCandles
from api.candles.page_cache import PageCache
from api.candles.page_loader import PageLoader
from api.candles.shared_pages import SharedPages
from api.sharing.batches import Batches
from api.sharing.kept_answers import KeptAnswers
from api.sharing.shared_reads import SharedReads
from domain.storage.series import MarketName, Series, of_markets

if TYPE_CHECKING:
    from api.types.candle import Candle


@dataclass(frozen=True, slots=True)
class Shared:
    """Look-ups that are made together, and what was once read and can be found to be still true.

    `lists` are readings of entities; `small_pages` those of few candles.
    """

    series: Batches[MarketName, list[Series]]
    lists: SharedReads
    small_pages: PageLoader
    pages: PageCache
    answers: KeptAnswers
    latest: "LatestCandles[Candle]"

    @classmethod
    def of(cls, redis: Redis, database: str, cache_bytes: int) -> Self:
        """For what the `database` of that identity holds, with so much memory for candles."""
        series = Batches(of_markets)
        return cls(
            series=series,
            lists=SharedReads(),
            small_pages=PageLoader.of_small(),
            pages=PageCache(cache_bytes // 2, SharedPages(redis, database)),
            answers=KeptAnswers(cache_bytes // 2, series),
            latest=LatestCandles(),
        )
