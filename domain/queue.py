"""The typed interface to the queue: what the API and the schedule push, and what workers run under the same names."""

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
from arq.constants import in_progress_key_prefix, job_key_prefix
from redis.asyncio import ConnectionPool
from redis.exceptions import AuthenticationError, RedisError, ResponseError

from domain.arq_queue import AT_ONCE, Message, enqueue
from domain.clock import Clock
from domain.live.announcer import Announcer
from domain.live.channels import job_channel, pair_channel
from domain.settings import SettingsError
from domain.storage import loads, pushes
from domain.storage.loads import LoadPush
from domain.storage.pushes import Push
from domain.telemetry.traces import Carrier

QUEUE_NAME: Final = "candelabra:queue"

# Seconds that anyone waits for Redis: it answers at once or it is away.
REDIS_SECONDS: Final = 1.0

_REFUSALS: Final = (AuthenticationError, ResponseError)

_log: Final = logging.getLogger(__name__)


def serialize(job: dict[str, Any]) -> bytes:
    """JSON, not pickle: who can write to Redis must not be able to run code in a worker."""
    return json.dumps(job, default=str).encode()


def deserialize(data: bytes) -> dict[str, Any]:
    job: dict[str, Any] = json.loads(data)
    return job


@asynccontextmanager
async def redis(url: str) -> AsyncIterator[ArqRedis]:
    """Connections to the queue's Redis. Nothing is asked of it yet, so it may be away; SettingsError without a URL."""
    if not url:
        raise SettingsError("REDIS_URL is not set, and no Redis was started on DATA_DIR; set it, or use `make run`.")
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


async def require_admission(url: str) -> None:
    """Raises SettingsError where Redis turns us away; one that does not answer may be back later."""
    async with redis(url) as client:
        try:
            await client.ping()
        except (RedisError, OSError) as error:
            # While connecting, the library makes a lost connection of whatever Redis said.
            if isinstance(error, _REFUSALS) or isinstance(error.__cause__, _REFUSALS):
                told = str(error).rstrip(".")
                raise SettingsError(f"Redis refuses us: {told}. Check user and password in REDIS_URL.") from error


@dataclass(slots=True)
class Queue:
    """Pushes work. The row of a job or of a load is the truth: a push that is lost is made up for by the sweep."""

    redis: ArqRedis
    clock: Clock
    _announcer: Announcer = field(init=False)

    def __post_init__(self) -> None:
        self._announcer = Announcer(self.redis)

    def announce(self, job_id: UUID, pair_id: UUID | None = None) -> None:
        """Lets who follows the job, or the pair's candles, look at what was committed."""
        self._announcer.announce([job_channel(job_id), *([pair_channel(pair_id)] if pair_id else [])])

    async def sync(self, job_ids: Sequence[UUID], *, delay: timedelta = timedelta()) -> None:
        """Makes a worker take the jobs; where Redis is away they wait for the sweep."""
        if job_ids:
            await self.push(await pushes.mark_pushed(job_ids, self.clock() + delay), delay=delay)

    async def push_lost(self, lost: Sequence[Push]) -> None:
        """Pushes those of the jobs that no worker will find in the queue; all are marked as pushed.

        One that was picked up and not taken is another turn's: its worker is gone, and arq keeps it from all others.
        """
        queued, picked_up = await self._exist(job_key_prefix, lost), await self._exist(in_progress_key_prefix, lost)
        stuck = [item.id for item in lost if item in picked_up]
        await self.push([item for item in lost if item not in queued | picked_up])
        await self.push(await pushes.next_turn(stuck) if stuck else [])

    async def _exist(self, prefix: str, told: Sequence[Push]) -> set[Push]:
        """Those of which arq has a key; none where Redis is away."""
        looking = self.redis.pipeline(transaction=False)
        for item in told:
            looking.exists(prefix + _id(item))
        try:
            async with asyncio.timeout(REDIS_SECONDS):
                found = await looking.execute()
        except (RedisError, OSError):
            return set()
        return {item for item, is_there in zip(told, found, strict=True) if is_there}

    async def push(self, told: Sequence[Push], *, delay: timedelta = timedelta()) -> None:
        """Makes a worker take jobs that are marked as pushed, each once a turn: what is in the queue stays one."""
        messages = [Message(str(item.id), _id(item), _carrier(item.traceparent)) for item in told]
        if not await self._push("sync", messages, delay):
            await pushes.mark_pushed([item.id for item in told], None)

    async def load(self, subjects: Sequence[str], *, delay: timedelta = timedelta()) -> None:
        """Makes a worker load the lists; where Redis is away they wait for the sweep."""
        if subjects:
            await self.push_loads(await loads.mark_pushed(subjects, self.clock() + delay), delay=delay)

    async def push_loads(self, told: Sequence[LoadPush], *, delay: timedelta = timedelta()) -> None:
        """Makes a worker take loads that are marked as pushed."""
        messages = [Message(item.subject, None, _carrier(item.traceparent)) for item in told]
        if not await self._push("load", messages, delay):
            await loads.mark_pushed([item.subject for item in told], None)

    async def _push(self, function: str, messages: Sequence[Message], delay: timedelta) -> bool:
        try:
            for start in range(0, len(messages), AT_ONCE):
                async with asyncio.timeout(REDIS_SECONDS):
                    await enqueue(self.redis, function, messages[start : start + AT_ONCE], delay)
        except (RedisError, OSError) as error:
            _log.warning("work waits for the sweep because the queue is away: %s", error)
            return False
        return True


def _id(push: Push) -> str:
    """Another each time that a worker has taken the job: arq holds an id for as long as it believes it at work."""
    return f"{push.id}:{push.turn}"


def _carrier(traceparent: str | None) -> Carrier:
    return {"traceparent": traceparent} if traceparent else {}
