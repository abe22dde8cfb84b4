"""The exchanges of this installation, each opened once in a process."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from redis.asyncio import Redis

from domain.candle_source import CandleSource, SourceError
from domain.clock import Clock
from domain.exchanges_file import configured_exchanges
from domain.settings import Settings
from domain.storage import exchanges
from workers.budget import Budget
from workers.client import open_client
from workers.gateway import CcxtGateway


@dataclass(frozen=True, slots=True)
class Exchanges:
    """Gateways by name, and what a page of each was last said to cost."""

    gateways: Mapping[str, CcxtGateway]
    page_costs: dict[str, float] = field(default_factory=dict)

    async def get(self, name: str) -> CandleSource:
        """Raises SourceError where our file does not name the exchange; a transient one where another worker's does."""
        if gateway := self.gateways.get(name):
            return gateway
        found = await exchanges.find(name)
        if found and found.is_configured:
            told = (
                f"A worker took this whose exchanges file does not name '{name}'; start all workers with the same file."
            )
            raise SourceError("UNKNOWN_EXCHANGE", told, is_transient=True)
        told = f"The exchange '{name}' is not in the exchanges file of this installation."
        raise SourceError("UNKNOWN_EXCHANGE", told, is_transient=False)

    async def tell_rates(self) -> None:
        """Stores how the exchanges may be asked, for those who do not ask them themselves."""
        for name, gateway in self.gateways.items():
            rate = {"milliseconds": gateway.rate_limit, "page_limit": gateway.page_limit}
            await exchanges.set_rate(name, **rate, history_slots=gateway.history_slots)

    async def tell_page_cost(self, name: str) -> None:
        """Stores what requests for candles are charged, where it is news."""
        milliseconds = self.gateways[name].page_milliseconds
        if milliseconds is not None and milliseconds != self.page_costs.get(name):
            await exchanges.set_page_milliseconds(name, milliseconds)
            self.page_costs[name] = milliseconds


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
