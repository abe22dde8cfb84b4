"""Dry runs: what a request would set in motion, and nothing of it done."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from domain.clock import Clock
from domain.collection import NewPairs, choose
from domain.estimate import Estimate, Prospect, estimate
from domain.interval import interval
from domain.models import SyncKind, SyncStatus
from domain.plan import Wish
from domain.records import Pair, SyncJob
from domain.storage import jobs, ledger, listings, pairs
from domain.storage.jobs import JobRequest
from domain.storage.ledger import Ledger
from domain.storage.pairs import NewPair
from domain.sync import SyncRequest, check_served, job_request

# Of the job that is not made.
_NO_ID: Final = UUID(int=0)


@dataclass(frozen=True, slots=True)
class AddedPairs:
    """Those of the pairs that are there already, the symbols of all, and what syncing them would take."""

    known: list[Pair]
    symbols: list[str]
    count: int
    estimate: Estimate


async def of_pairs(wanted: NewPairs, clock: Clock) -> AddedPairs:
    """What `add_pairs` would do with the same request. Raises what it raises."""
    now = clock()
    exchange, chosen = await choose(wanted, now)
    known = {(pair.symbol, pair.timeframe.interval): pair for pair in await pairs.known(exchange.id, chosen)}
    earliest = await listings.earliest(exchange.id, list({new.symbol for new in chosen}))

    def prospect(new: NewPair) -> Prospect:
        step, pair = interval(new.interval), known.get((new.symbol, new.interval))
        start = step.floor(wanted.start) if wanted.start else None
        covered = ledger.known(pair) if pair else Ledger([], None)
        return Prospect(Wish(SyncKind.INITIAL, start, None, now), covered, step, earliest[new.symbol])

    total = Estimate.total(estimate(exchange, prospect(new)) for new in chosen)
    return AddedPairs(list(known.values()), list(dict.fromkeys(new.symbol for new in chosen)), len(chosen), total)


async def of_sync(request: SyncRequest, clock: Clock) -> tuple[SyncJob, bool, Estimate]:
    """The job that `sync_pair` would return for the same request, whether it is new, and what it would take."""
    now = clock()
    pair = await pairs.get(request.pair_id)
    step = interval(pair.timeframe.interval)
    wanted = job_request(request, step, now)
    check_served(pair.exchange)
    earliest = await listings.earliest(pair.exchange.id, [pair.symbol])
    wish = Wish(wanted.kind, wanted.start, wanted.end, now)
    prospect = Prospect(wish, ledger.known(pair), step, earliest[pair.symbol], wanted.is_forced)
    standing = await jobs.standing(pair.id, wanted)
    return standing or _job(pair, wanted, now), standing is None, estimate(pair.exchange, prospect)


def _job(pair: Pair, wanted: JobRequest, now: datetime) -> SyncJob:
    """The job as it would be, before anything of it is done."""
    return SyncJob(
        id=_NO_ID,
        pair_id=pair.id,
        range_from=wanted.start,
        range_to=wanted.end,
        seconds_planned=None,
        seconds_done=0,
        candles_written=0,
        pages_fetched=0,
        retries=0,
        waited_seconds=0.0,
        reached_at=None,
        error_code=None,
        error_message=None,
        error_is_transient=None,
        created_at=now,
        started_at=None,
        finished_at=None,
        kind=wanted.kind,
        status=SyncStatus.QUEUED,
    )
