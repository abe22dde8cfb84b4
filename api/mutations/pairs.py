"""Choosing what is collected."""

from datetime import datetime
from typing import Annotated, Self

import strawberry

from api.context import Info
from api.mutations.scoped import mutation
from api.types.estimate import SyncEstimate
from api.types.job import SyncJob
from api.types.node import required_id
from api.types.pair import Pair
from domain import collection, preview
from domain.collection import NewPairs
from domain.interval import Interval
from domain.preview import AddedPairs
from domain.scope import Scope
from domain.storage import pairs


@strawberry.input(description="Symbols to collect, each at each interval.")
class AddPairsInput:
    exchange: str = strawberry.field(description="Name of the exchange, for example binance.")
    symbols: list[str] = strawberry.field(
        description=(
            "Unified CCXT symbols, for example BTC/USDT; * stands for anything, so that */USDT is every market in "
            "USDT that is traded now, at most 1000 pairs together."
        )
    )
    intervals: list[Interval] = strawberry.field(description="Intervals that the exchange serves.")
    sync: bool = strawberry.field(default=False, description="Also enqueues an INITIAL job for each pair.")
    start: datetime | None = strawberry.field(
        name="from",
        default=None,
        description=(
            "Where the INITIAL jobs stop; without it they go back to the first candle that the exchange serves."
        ),
    )
    dry_run: bool = strawberry.field(
        default=False, description="Changes nothing, and tells in estimate what it would be; also without sync."
    )


@strawberry.type(description="What a dry run of addPairs tells.")
class AddPairsEstimate(SyncEstimate):
    pairs: int = strawberry.field(description="How many pairs it is about, new or there already.")
    new_pairs: int = strawberry.field(description="How many of them would be new.")
    symbols: list[str] = strawberry.field(description="Their symbols, each once: what patterns stand for now.")

    @classmethod
    def about(cls, added: AddedPairs) -> Self:
        taken = SyncEstimate.of(added.estimate)
        new = added.count - len(added.known)
        return cls(**vars(taken), pairs=added.count, new_pairs=new, symbols=added.symbols)


@strawberry.type(description="The pairs that were asked for, and the jobs that will fill them.")
class AddPairsPayload:
    pairs: list[Pair] = strawberry.field(
        description="One for each symbol and interval, new or as it was; in a dry run only those that are there."
    )
    jobs: list[SyncJob] = strawberry.field(description="The open job of each pair; empty unless sync was asked for.")
    estimate: AddPairsEstimate | None = strawberry.field(
        default=None, description="What syncing the pairs would take; null unless dryRun."
    )


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
        about = (wanted.exchange, wanted.symbols, wanted.intervals, wanted.sync, wanted.start)
        new = NewPairs(*about, requested_by=info.context.caller.name or None)
        if wanted.dry_run:
            foreseen = await preview.of_pairs(new, info.context.clock)
            known = [Pair.of(pair) for pair in foreseen.known]
            return AddPairsPayload(pairs=known, jobs=[], estimate=AddPairsEstimate.about(foreseen))
        added, asked = await collection.add_pairs(new, info.context.queue, info.context.clock)
        jobs = await info.context.loaders.job.load_many(job.id for job in asked)
        return AddPairsPayload(pairs=[Pair.of(pair) for pair in added], jobs=[SyncJob.of(job) for job in jobs if job])

    @mutation("Switches the collection of a pair on or off; its candles stay.", Scope.ADMIN)
    async def set_pair_active(
        self,
        info: Info,
        wanted: Annotated[SetPairActiveInput, strawberry.argument(name="input", description="Which pair, and how.")],
    ) -> SetPairActivePayload:
        pair_id = required_id(wanted.id, "pair", "pairs")
        pair = await pairs.set_active(pair_id, is_active=wanted.is_active, now=info.context.clock())
        return SetPairActivePayload(pair=Pair.of(pair))
