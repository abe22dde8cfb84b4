"""Loaders that gather what the fields of one request look up, so that a list costs one statement and not one each."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from strawberry.dataloader import DataLoader

from domain.candle import Candle
from domain.records import Coin, Exchange, Pair, SyncJob, Timeframe
from domain.storage import candles, coins, exchanges, jobs, nodes, pairs, timeframes
from domain.storage.nodes import NodeKind
from domain.storage.rendering import PageQuery, RenderedPage, Rendering, render

Key = TypeVar("Key")
Found = TypeVar("Found")


def _loader(find: Callable[[Sequence[Key]], Awaitable[dict[Key, Found]]]) -> DataLoader[Key, Found | None]:
    async def load(keys: list[Key]) -> list[Found | None]:
        found = await find(keys)
        return [found.get(key) for key in keys]

    return DataLoader(load)


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

    coin: DataLoader[UUID, Coin | None] = field(default_factory=lambda: _loader(coins.by_ids))
    exchange: DataLoader[UUID, Exchange | None] = field(default_factory=lambda: _loader(exchanges.by_ids))
    timeframe: DataLoader[UUID, Timeframe | None] = field(default_factory=lambda: _loader(timeframes.by_ids))
    pair: DataLoader[UUID, Pair | None] = field(default_factory=lambda: _loader(pairs.by_ids))
    job: DataLoader[UUID, SyncJob | None] = field(default_factory=lambda: _loader(jobs.by_ids))
    kind: DataLoader[UUID, NodeKind | None] = field(default_factory=lambda: _loader(nodes.kinds))
    latest: DataLoader[int, Candle | None] = field(default_factory=lambda: _loader(candles.latest))
    page: DataLoader[tuple[PageQuery, Rendering], RenderedPage] = field(default_factory=lambda: DataLoader(_pages))
    bounds: DataLoader[int, tuple[datetime, datetime] | None] = field(default_factory=lambda: _loader(candles.bounds))
