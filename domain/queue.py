"""The typed door to the queue: what the API and the schedule push, and what workers run under the same names."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from arq import ArqRedis
from redis.asyncio import ConnectionPool
from redis.exceptions import RedisError

from domain.clock import Clock
from domain.errors import UnavailableError
from domain.live.announcer import Announcer
from domain.live.channels import job_channel, pair_channel
from domain.storage import jobs
from domain.telemetry.traces import handed_on

QUEUE_NAME: Final = "candelabra:queue"

# Seconds that anyone waits for Redis: it answers at once or it is away.
REDIS_SECONDS: Final = 1.0

_log: Final = logging.getLogger(__name__)


def serialize(job: dict[str, Any]) -> bytes:
    """JSON, not pickle: who can write to Redis must not be able to run code in a worker."""
    return json.dumps(job, default=str).encode()


def deserialize(data: bytes) -> dict[str, Any]:
    job: dict[str, Any] = json.loads(data)
    return job


@asynccontextmanager
async def redis(url: str) -> AsyncIterator[ArqRedis]:
    """Connections to the queue's Redis. Nothing is asked of it yet, so it may be away."""
    pool = ConnectionPool.from_url(url, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS)
    client = ArqRedis(
        connection_pool=pool,
        job_serializer=serialize,
        job_deserializer=deserialize,
        default_queue_name=QUEUE_NAME,
    )
    try:
        yield client
    finally:
        await client.aclose()
        await pool.aclose()


@dataclass(frozen=True, slots=True)
class Queue:
    """Pushes work. A sync job's row is the truth, so a push that is lost is made up for by the sweep."""

    redis: ArqRedis
    clock: Clock
    _announcer: Announcer = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_announcer", Announcer(self.redis))

    def announce(self, job_id: UUID, pair_id: UUID | None = None) -> None:
        """Lets who follows the job, or the pair's candles, look at what was committed."""
        self._announcer.announce([job_channel(job_id), *([pair_channel(pair_id)] if pair_id else [])])

    async def sync(self, job_ids: Sequence[UUID], *, delay: timedelta = timedelta()) -> None:
        """Makes a worker take the jobs; where Redis is away they wait for the sweep."""
        if not job_ids:
            return
        try:
            for job_id in job_ids:
                await self._push("sync", str(job_id), _defer_by=delay)
        except (RedisError, OSError) as error:
            _log.warning("jobs wait for the sweep because the queue is away: %s", error)
            return
        await jobs.pushed(job_ids, self.clock() + delay)

    async def refresh_markets(self, exchange: str) -> None:
        """Has the market list of an exchange loaded, once however often it is asked for; UnavailableError."""
        try:
            await self._push("refresh_markets", exchange, _job_id=f"refresh_markets:{exchange}")
        except (RedisError, OSError) as error:
            raise UnavailableError("The job queue is out of reach; try again in a moment.") from error

    async def _push(self, job: str, argument: str, **options: Any) -> None:
        async with asyncio.timeout(REDIS_SECONDS):
            await self.redis.enqueue_job(job, argument, **{**options, **handed_on()})
