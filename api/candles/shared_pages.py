"""Pages that took PostgreSQL some work, in Redis for every process to find. Without Redis they are made again."""

import asyncio
from datetime import datetime
from hashlib import blake2b
from typing import Final

import orjson
from redis.asyncio import Redis

from domain.circuit_breaker import CircuitBreaker
from domain.storage.rendering import RenderedPage
from domain.telemetry.traces import Role, span

_PREFIX: Final = "candelabra:page:"
_EXPIRES_SECONDS: Final = 600

# Seconds: a page that Redis does not bring sooner is as well made anew.
_PATIENCE_SECONDS: Final = 0.1

_REDIS: Final = {"db.system.name": "redis"}


class SharedPages:
    """Found by a text that says all that a page of this `database` depends on; others may use the same Redis."""

    def __init__(self, redis: Redis, database: str) -> None:
        self._redis = redis
        self._breaker = CircuitBreaker(redis, seconds=_PATIENCE_SECONDS, purpose="pages of other processes")
        self._database = database
        self._puts = set[asyncio.Task[None]]()

    async def get(self, name: str) -> RenderedPage | None:
        with span(Role.CALL, "GET page", _REDIS):
            found = await self._breaker.answer(lambda: self._redis.get(self._key(name)))
        return _decoded(found) if found else None

    def put(self, name: str, page: RenderedPage) -> None:
        """Later, and only if it can be done: nobody waits for it."""
        task = asyncio.create_task(self._put(name, page))
        self._puts.add(task)
        task.add_done_callback(self._puts.discard)

    async def _put(self, name: str, page: RenderedPage) -> None:
        await self._breaker.answer(lambda: self._redis.set(self._key(name), _encoded(page), ex=_EXPIRES_SECONDS))

    def _key(self, name: str) -> str:
        return _PREFIX + blake2b(f"{self._database} {name}".encode(), digest_size=16).hexdigest()


def _encoded(page: RenderedPage) -> bytes:
    """The texts as they are behind a line that tells their lengths and all else."""
    texts = [text.encode() for text in page.texts]
    facts = (page.has_earlier, page.has_later, page.has_more, page.total, page.count, page.first, page.last)
    return b"\n".join([orjson.dumps([facts, [len(text) for text in texts]]), b"".join(texts)])


def _decoded(data: bytes) -> RenderedPage:
    head, _, body = data.partition(b"\n")
    (has_earlier, has_later, has_more, total, count, first, last), lengths = orjson.loads(head)
    texts, start = [], 0
    for length in lengths:
        texts.append(body[start : start + length].decode())
        start += length
    ends = _instant(first), _instant(last)
    return RenderedPage(has_earlier, has_later, has_more, total, count, *ends, tuple(texts))


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
