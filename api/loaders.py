"""Loaders that gather what the fields of one request look up, so that a list costs one statement and not one each."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from strawberry.dataloader import DataLoader

from api.batches import Batches
from domain.candle import Candle
from domain.records import Coin, Exchange, Pair, SyncJob, Timeframe
from domain.storage import candles, coins, exchanges, jobs, nodes, pairs, timeframes
from domain.storage.nodes import NodeKind
from domain.storage.rendering import PageQuery, RenderedPage, Rendering, render


async def _pages(keys: list[tuple[PageQuery, Rendering]]) -> list[RenderedPage]:
    """One statement for all pages that are rendered alike."""
    pages: dict[tuple[PageQuery, Rendering], RenderedPage] = {}
    for rendering in dict.fromkeys(rendering for _, rendering in keys):
        queries = [query for query, other in keys if other == rendering]
        found = await render(queries, rendering)
        pages |= {(query, rendering): page for query, page in zip(queries, found, strict=True)}
    return [pages[key] for key in keys]


@dataclass(frozen=True, slots=True)
class Loaders:
    """Entities by id; candles and their bounds by the pair's series."""

    coin: Batches[UUID, Coin] = field(default_factory=lambda: Batches(coins.by_ids))
    exchange: Batches[UUID, Exchange] = field(default_factory=lambda: Batches(exchanges.by_ids))
    timeframe: Batches[UUID, Timeframe] = field(default_factory=lambda: Batches(timeframes.by_ids))
    pair: Batches[UUID, Pair] = field(default_factory=lambda: Batches(pairs.by_ids))
    job: Batches[UUID, SyncJob] = field(default_factory=lambda: Batches(jobs.by_ids))
    kind: Batches[UUID, NodeKind] = field(default_factory=lambda: Batches(nodes.kinds))
    latest: Batches[int, Candle] = field(default_factory=lambda: Batches(candles.latest))
    page: DataLoader[tuple[PageQuery, Rendering], RenderedPage] = field(default_factory=lambda: DataLoader(_pages))
    bounds: Batches[int, tuple[datetime, datetime]] = field(default_factory=lambda: Batches(candles.bounds))
