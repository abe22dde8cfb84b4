"""What coins are called."""

from typing import Annotated

import strawberry

from api.context import Info
from api.mutations.scoped import mutation
from api.types.coin import Coin
from domain import catalog
from domain.scope import Scope
from domain.storage import coins


@strawberry.type(description="What was set in motion.")
class RefreshCoinsPayload:
    is_queued: bool = strawberry.field(description="Whether a load is waiting or under way now.")


@strawberry.input(description="A coin to name.")
class SetCoinNameInput:
    symbol: str = strawberry.field(description="Symbol of the coin, for example BTC.")
    name: str | None = strawberry.field(
        default=None, description="Its name from now on, whatever CoinGecko says; CoinGecko's when left out or null."
    )


@strawberry.type(description="The coin as it is now.")
class SetCoinNamePayload:
    coin: Coin = strawberry.field(description="The coin that was named.")


@strawberry.type
class CoinMutations:
    @mutation("Enqueues a load of coin names, ranks and images from CoinGecko.", Scope.SYNC)
    async def refresh_coins(self, info: Info) -> RefreshCoinsPayload:
        await catalog.refresh_coins(info.context.queue, info.context.clock)
        return RefreshCoinsPayload(is_queued=True)

    @mutation("Names a coin by hand: no load changes that name.", Scope.ADMIN)
    async def set_coin_name(
        self,
        wanted: Annotated[SetCoinNameInput, strawberry.argument(name="input", description="Which coin, and how.")],
    ) -> SetCoinNamePayload:
        name = None if wanted.name is None else catalog.coin_name(wanted.name)
        return SetCoinNamePayload(coin=Coin.of(await coins.set_name(wanted.symbol, name)))
