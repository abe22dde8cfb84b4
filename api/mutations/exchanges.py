"""Switching exchanges and refreshing what they list."""

from typing import Annotated

import strawberry

from api.context import Info
from api.mutations.scoped import mutation
from api.types.exchange import Exchange
from domain import catalog
from domain.scope import Scope
from domain.storage import exchanges
from domain.sync import check_configured


@strawberry.input(description="An exchange to switch on or off.")
class SetExchangeActiveInput:
    name: str = strawberry.field(description="Name of the exchange, for example binance.")
    is_active: bool = strawberry.field(description="Whether it may be asked for candles.")


@strawberry.type(description="The exchange as it is now.")
class SetExchangeActivePayload:
    exchange: Exchange = strawberry.field(description="The exchange that was switched.")


@strawberry.input(description="An exchange whose market list is to be loaded.")
class RefreshMarketsInput:
    exchange: str = strawberry.field(description="Name of the exchange, for example binance.")


@strawberry.type(description="The exchange whose market list will be loaded.")
class RefreshMarketsPayload:
    exchange: Exchange = strawberry.field(
        description="The exchange as it is before the load; marketsRefreshedAt tells when the load is done."
    )


@strawberry.type
class ExchangeMutations:
    @mutation("Switches an exchange on or off for all its pairs; their candles stay.", Scope.ADMIN)
    async def set_exchange_active(
        self,
        wanted: Annotated[
            SetExchangeActiveInput, strawberry.argument(name="input", description="Which exchange, and how.")
        ],
    ) -> SetExchangeActivePayload:
        switched = await exchanges.set_active(wanted.name, is_active=wanted.is_active)
        return SetExchangeActivePayload(exchange=Exchange.of(switched))

    @mutation("Enqueues a load of the exchange's market list.", Scope.SYNC)
    async def refresh_markets(
        self,
        info: Info,
        wanted: Annotated[RefreshMarketsInput, strawberry.argument(name="input", description="Which exchange.")],
    ) -> RefreshMarketsPayload:
        exchange = await exchanges.get(wanted.exchange)
        check_configured(exchange)
        await catalog.refresh_markets([exchange.name], info.context.queue, info.context.clock)
        return RefreshMarketsPayload(exchange=Exchange.of(exchange))
