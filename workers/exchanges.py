"""The exchanges of this installation, each opened once in a process."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from domain.clock import Clock
from domain.exchanges_file import configured_exchanges
from domain.settings import Settings
from domain.source import CandleSource, SourceError
from domain.storage import exchanges
from workers.budget import Budget
from workers.client import open_client
from workers.gateway import CcxtGateway


@dataclass(frozen=True, slots=True)
class Exchanges:
    """Gateways by name."""

    gateways: Mapping[str, CcxtGateway]

    def get(self, name: str) -> CandleSource:
        """Raises a permanent SourceError for an exchange that is no longer configured."""
        if gateway := self.gateways.get(name):
            return gateway
        told = f"The exchange '{name}' is not in the exchanges file of this installation."
        raise SourceError("UNKNOWN_EXCHANGE", told, is_transient=False)

    async def tell_rate_limits(self) -> None:
        """Stores what CCXT knows, for exchanges that are configured without."""
        for name, gateway in self.gateways.items():
            await exchanges.set_rate_limit(name, gateway.rate_limit)


@asynccontextmanager
async def open_exchanges(settings: Settings, redis: Redis, clock: Clock) -> AsyncIterator[Exchanges]:
    """Nothing is asked of an exchange yet. Raises SettingsError for an adapter that CCXT does not know."""
    clients: dict[str, Any] = {}
    for config in configured_exchanges(settings):
        budget = Budget(redis, config.name)
        defaults = {"rate_limit": settings.ccxt_rate_limit, "timeout": settings.ccxt_timeout}
        clients[config.name] = open_client(config, budget, clock, **defaults)
    try:
        yield Exchanges({name: CcxtGateway.of(name, client) for name, client in clients.items()})
    finally:
        await asyncio.gather(*(client.budget.close() for client in clients.values()))
        await asyncio.gather(*(client.close() for client in clients.values()))
