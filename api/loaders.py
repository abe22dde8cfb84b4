"""Loaders that gather what the fields of one request look up, so that a list costs one statement and not one each."""

from datetime import datetime
from functools import cached_property
from uuid import UUID

from api.candles.page_loader import PageLoader
from api.sharing.batches import Batches
from domain.candle import Candle
from domain.records import Coin, Exchange, Pair, SeriesVersion, SyncJob, Timeframe
from domain.storage import candles, coins, exchanges, jobs, nodes, pairs, timeframes
from domain.storage.nodes import NodeKind


class Loaders:
    """Entities by id; candles and their bounds by series and version. Each is made when it is first asked for."""

    @cached_property
    def coin(self) -> Batches[UUID, Coin]:
        return Batches(coins.by_ids)

    @cached_property
    def exchange(self) -> Batches[UUID, Exchange]:
        return Batches(exchanges.by_ids)

    @cached_property
    def timeframe(self) -> Batches[UUID, Timeframe]:
        return Batches(timeframes.by_ids)

    @cached_property
    def pair(self) -> Batches[UUID, Pair]:
        return Batches(pairs.by_ids)

    @cached_property
    def job(self) -> Batches[UUID, SyncJob]:
        return Batches(jobs.by_ids)

    @cached_property
    def kind(self) -> Batches[UUID, NodeKind]:
        return Batches(nodes.kinds)

    @cached_property
    def latest(self) -> Batches[SeriesVersion, Candle]:
        return Batches(candles.latest)

    @cached_property
    def page(self) -> PageLoader:
        return PageLoader.of_large()

    @cached_property
    def bounds(self) -> Batches[SeriesVersion, tuple[datetime, datetime]]:
        return Batches(candles.bounds)
