"""The keys that clients present, known again for a moment: short enough for a revoked one to end everywhere at once."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from cachetools import TTLCache

from domain.access.caller import Caller
from domain.access.secret import Secret
from domain.clock import Clock
from domain.errors import UnauthenticatedError
from domain.outage import is_outage
from domain.storage import api_keys
from domain.storage.api_keys import ApiKey

# Seconds that a key, or that there is none, is known without a look; and between looks for who stays connected.
_KNOWN_SECONDS: Final = 2.0
_LOOK_SECONDS: Final = 2.0

# Prefixes that are known at a time; who makes them up pushes out only what can be looked up again.
_MOST: Final = 10_000

_BETWEEN_NOTES: Final = timedelta(minutes=1)
_SCHEME: Final = "bearer"


class KeyRing:
    """`find` tells of prefixes which keys they belong to."""

    def __init__(self, find: Callable[[str], Awaitable[ApiKey | None]], clock: Clock) -> None:
        self._find = find
        self._clock = clock
        self._known: TTLCache[str, ApiKey | None] = TTLCache(_MOST, _KNOWN_SECONDS)
        self._noted: TTLCache[UUID, datetime] = TTLCache(_MOST, _BETWEEN_NOTES.total_seconds())

    async def caller(self, authorization: str | None) -> Caller:
        """Raises UnauthenticatedError, in the same words whatever is wrong."""
        secret = _secret(authorization)
        key = await self._look(secret.prefix) if secret else None
        if secret is None or not secret.matches(key.digest if key else None) or key is None:
            raise UnauthenticatedError("Send a valid API key as `Authorization: Bearer KEY`; `make apikey` makes one.")
        await self._note(key)
        return Caller(key.prefix, key.scope)

    async def until_refused(self, authorization: str | None) -> None:
        """Waits for as long as the key is valid, or an outage keeps it from being known."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            try:
                await self.caller(authorization)
            except UnauthenticatedError:
                return
            except Exception as error:
                if not is_outage(error):
                    raise

    async def _look(self, prefix: str) -> ApiKey | None:
        try:
            return self._known[prefix]
        except KeyError:
            self._known[prefix] = key = await self._find(prefix)
            return key

    async def _note(self, key: ApiKey) -> None:
        if key.id not in self._noted:
            self._noted[key.id] = now = self._clock()
            await api_keys.used(key.id, now)


def _secret(authorization: str | None) -> Secret | None:
    scheme, _, text = (authorization or "").partition(" ")
    return Secret.parse(text.strip()) if scheme.lower() == _SCHEME else None
