"""Choosing what is collected."""

from datetime import datetime
from typing import Annotated

import strawberry

from api.context import Info
from api.mutations.scoped import mutation
from api.types.job import SyncJob
from api.types.node import parse_id
from api.types.pair import Pair
from domain import collection
from domain.access.scope import Scope
from domain.collection import NewPairs
from domain.errors import NotFoundError
from domain.interval import Interval
from domain.storage import pairs


@strawberry.input(description="Symbols to collect, each at each interval.")
class AddPairsInput:
    exchange: str = strawberry.field(description="Name of the exchange, for example binance.")
    symbols: list[str] = strawberry.field(description="Unified CCXT symbols, for example BTC/USDT.")
    intervals: list[Interval] = strawberry.field(description="Intervals that the exchange serves.")
    sync: bool = strawberry.field(default=False, description="Also enqueues an INITIAL job for each pair.")
    start: datetime | None = strawberry.field(
        name="from",
        default=None,
        description=(
            "Where the INITIAL jobs stop; without it they go back to the first candle that the exchange serves."
        ),
    )


@strawberry.type(description="The pairs that were asked for, and the jobs that will fill them.")
class AddPairsPayload:
    pairs: list[Pair] = strawberry.field(description="One for each symbol and interval, new or as it was.")
    jobs: list[SyncJob] = strawberry.field(description="The open job of each pair; empty unless sync was asked for.")


@strawberry.input(description="A pair to switch on or off.")
class SetPairActiveInput:
    id: strawberry.ID = strawberry.field(description="Id of the pair.")
    is_active: bool = strawberry.field(description="Whether the schedule is to collect it as candles close.")


@strawberry.type(description="The pair as it is now.")
class SetPairActivePayload:
    pair: Pair = strawberry.field(description="The pair that was switched.")


@strawberry.type
class PairMutations:
    @mutation(
        "Starts collecting symbols; an existing pair is returned as it is. sync also enqueues an INITIAL job for each.",
        Scope.ADMIN,
    )
    async def add_pairs(
        self,
        info: Info,
        wanted: Annotated[AddPairsInput, strawberry.argument(name="input", description="What to collect.")],
    ) -> AddPairsPayload:
        new = NewPairs(wanted.exchange, wanted.symbols, wanted.intervals, wanted.sync, wanted.start)
        added, asked = await collection.add_pairs(new, info.context.queue, info.context.clock)
        jobs = await info.context.loaders.job.load_many(job.id for job in asked)
        return AddPairsPayload(pairs=[Pair.of(pair) for pair in added], jobs=[SyncJob.of(job) for job in jobs if job])

    @mutation("Switches the collection of a pair on or off; its candles stay.", Scope.ADMIN)
    async def set_pair_active(
        self,
        info: Info,
        wanted: Annotated[SetPairActiveInput, strawberry.argument(name="input", description="Which pair, and how.")],
    ) -> SetPairActivePayload:
        pair_id = parse_id(wanted.id)
        if pair_id is None:
            raise NotFoundError("There is no such pair; the query pairs lists those there are.")
        pair = await pairs.set_active(pair_id, is_active=wanted.is_active, now=info.context.clock())
        return SetPairActivePayload(pair=Pair.of(pair))
