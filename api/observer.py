"""What is not counted as it happens, but looked up when somebody wants to know."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Final, TypeVar

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from redis.asyncio import Redis

from domain.clock import Clock
from domain.heartbeat import live_workers
from domain.outage import is_outage
from domain.storage.backlog import Backlog, backlog

# Seconds that a server gets to answer; without it its numbers are left out.
_PATIENCE_SECONDS: Final = 2.0

# Seconds for which what was found is told again, however often somebody asks.
_FRESH_SECONDS: Final = 5.0

Answer = TypeVar("Answer")


@dataclass(slots=True)
class Observer:
    """Looks at PostgreSQL and Redis, at most every few seconds."""

    redis: Redis
    clock: Clock
    _found: list[Metric] = field(default_factory=list)
    _stale_at: float = 0.0
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def look(self) -> list[Metric]:
        """Tells of servers that are away by `candelabra_database_up` and `candelabra_redis_up`; raises nothing."""
        now = asyncio.get_running_loop().time
        async with self._turn:
            if now() >= self._stale_at:
                asked = _answer(backlog(self.clock())), _answer(live_workers(self.redis))
                work, workers = await asyncio.gather(*asked)
                self._found, self._stale_at = [*_of_database(work), *_of_redis(workers)], now() + _FRESH_SECONDS
        return self._found

    def look_from(self, loop: asyncio.AbstractEventLoop) -> list[Metric]:
        """The same for other threads than the loop's; nothing where that has no time."""
        looking = asyncio.run_coroutine_threadsafe(self.look(), loop)
        try:
            return looking.result(2 * _PATIENCE_SECONDS)
        except TimeoutError:
            looking.cancel()
            return []


async def _answer(asked: Awaitable[Answer]) -> Answer | None:
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            return await asked
    except Exception as error:
        if not is_outage(error):
            raise
        return None


def _of_database(found: Backlog | None) -> list[Metric]:
    up = GaugeMetricFamily("candelabra_database_up", "Whether PostgreSQL answered in time", int(found is not None))
    if found is None:
        return [up]
    jobs = GaugeMetricFamily(
        "candelabra_jobs",
        "Sync jobs by status and kind: the open ones, and those of the last hour",
        labels=["status", "kind"],
    )
    for (kind, status), count in found.jobs.items():
        jobs.add_metric([status.name, kind.name], count)
    pairs = GaugeMetricFamily("candelabra_pairs", "Active pairs by status", labels=["status"])
    for state, count in found.pairs.items():
        pairs.add_metric([state.name], count)
    told = "Time that the longest waiting of the jobs that are due has waited for a worker"
    return [up, jobs, pairs, GaugeMetricFamily("candelabra_queue_age_seconds", told, found.age_seconds)]


def _of_redis(workers: list[str] | None) -> list[Metric]:
    up = GaugeMetricFamily("candelabra_redis_up", "Whether Redis answered in time", int(workers is not None))
    told = "Workers that are alive, on all machines"
    return [up] if workers is None else [up, GaugeMetricFamily("candelabra_workers", told, len(workers))]
