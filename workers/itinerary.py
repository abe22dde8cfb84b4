"""What a slice sets out to do: the job's wish, less what is covered."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from domain.candle_source import CandleSource, Effort, SourceError
from domain.models import SyncKind
from domain.plan import SETTLING_SLOTS, Wish, goes_back, needs_listing, wanted
from domain.storage import leases, ledger
from domain.storage.leases import Lease
from domain.storage.ledger import Ledger
from domain.timerange import TimeRange
from domain.walk import Walk


@dataclass(frozen=True, slots=True)
class Itinerary:
    """`planned` is what the job's progress is measured against."""

    planned: TimeRange
    walk: Walk
    goes_back: bool

    @property
    def reached_at(self) -> datetime:
        """How far the job has come."""
        return self.walk.frontier or (self.planned.start if self.goes_back else self.planned.end)


async def plan(lease: Lease, source: CandleSource, effort: Effort) -> Itinerary | None:
    """The way through what is left of the job; None when nothing is. Raises SourceError and LeaseLostError."""
    known = await ledger.of(lease.pair_id)
    if not lease.is_planned:
        await source.check(lease.symbol, lease.interval, effort)
    wish = Wish(lease.kind, lease.start, lease.end, source.now())
    if not lease.is_planned and needs_listing(wish, known):
        known = replace(known, listed_at=await find_listing(lease, source, effort))
    planned = wanted(wish, known, lease.interval)
    if planned is None:
        return None
    ranges = await _ranges(lease, planned)
    if not lease.is_planned:
        seconds = sum(item.seconds for item in ranges)
        await leases.plan(lease, start=planned.start, end=planned.end, seconds=seconds)
    elif edge := _newest_edge(lease, known, wish.now, source.page_limit):
        ranges = [*ranges, edge]
    is_backward, limit = goes_back(lease.kind), source.page_limit
    return Itinerary(planned, Walk(ranges, lease.interval, limit=limit, goes_back=is_backward), is_backward)


async def find_listing(lease: Lease, source: CandleSource, effort: Effort) -> datetime:
    """Asks for the earliest candle and remembers it. Raises SourceError, also where the exchange serves none."""
    found = await source.listed_at(lease.symbol, lease.interval, effort)
    if found is None:
        told = f"{lease.exchange} serves no {lease.interval} candles of {lease.symbol}."
        raise SourceError("NO_CANDLES", told, is_transient=True)
    await ledger.set_listed_at(lease.pair_id, found)
    return found


async def _ranges(lease: Lease, planned: TimeRange) -> Sequence[TimeRange]:
    if lease.kind is SyncKind.FORWARD:
        return [planned]
    if lease.is_forced:
        rest = TimeRange.of(max(planned.start, lease.reached_at or planned.start), planned.end)
        return [rest] if rest else []
    return await ledger.missing(lease.pair_id, planned)


def _newest_edge(lease: Lease, known: Ledger, now: datetime, limit: int) -> TimeRange | None:
    """What closed since the job began: nothing else fetches it while the job holds its pair."""
    closed = lease.interval.floor(now)
    if not known.newest or lease.kind is SyncKind.FORWARD or lease.interval.slots_between(known.newest, closed) > limit:
        return None
    if known.newest >= closed:
        return None
    return TimeRange(lease.interval.shift(known.newest, -SETTLING_SLOTS), closed)
