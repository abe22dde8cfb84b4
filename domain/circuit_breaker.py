"""Redis as something that may be away: who asks as it goes waits in vain, and then nobody until it answers again."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from redis.asyncio import Redis
from redis.exceptions import RedisError

from domain.patience import patience

# Seconds for which Redis is left alone before it is looked for again, while those who would ask do without.
_PAUSE_SECONDS: Final = 2.0

Answer = TypeVar("Answer")

_log: Final = logging.getLogger(__name__)


class CircuitBreaker:
    """`seconds` is how long Redis gets for an answer; `purpose` says what of it is done without while it is away."""

    def __init__(self, redis: Redis, *, seconds: float, purpose: str) -> None:
        self._redis = redis
        self._seconds = seconds
        self._purpose = purpose
        self._is_away = False
        self._look: asyncio.Task[None] | None = None

    @property
    def is_away(self) -> bool:
        """Whether nobody should ask."""
        return self._is_away

    async def answer(self, ask: Callable[[], Awaitable[Answer]]) -> Answer | None:
        """None, too, where Redis is away."""
        if self._is_away:
            return None
        try:
            async with patience(self._seconds):
                return await ask()
        except (RedisError, OSError) as error:
            self.miss(error)
            return None

    def miss(self, error: Exception) -> None:
        """Nobody asks any more before Redis has answered us as soon as it should."""
        if not self._is_away:
            self._is_away = True
            _log.warning("doing without %s because Redis is away: %s: %s", self._purpose, type(error).__name__, error)
            self._look_later()

    def _look_later(self) -> None:
        asyncio.get_running_loop().call_later(_PAUSE_SECONDS, self._begin_to_look)

    def _begin_to_look(self) -> None:
        self._look = asyncio.create_task(self._look_for_it())

    async def _look_for_it(self) -> None:
        """By a connection of its own, which leaves nothing open where the others have been closed meanwhile."""
        connection = self._redis.connection_pool.make_connection()  # type: ignore[no-untyped-call]  # of redis-py
        try:
            async with patience(self._seconds):
                await connection.connect()
                await connection.send_command("PING")
                await connection.read_response()
        except (RedisError, OSError):
            self._look_later()
            return
        finally:
            await connection.disconnect(nowait=True)
        self._is_away = False
        _log.info("no longer doing without %s: Redis answers again", self._purpose)
