"""The sync engine: one way through any range, whatever kind of job wants it."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from domain.candle_source import CandleSource, Effort, Priority
from domain.clock import Clock
from domain.models import SyncKind
from domain.storage import leases
from domain.storage.leases import Lease, Progress
from domain.walk import Walk
from workers.inquiry import Finding, Inquiry
from workers.itinerary import Itinerary, plan
from workers.store import Batch, store

# Pages asked for at once: enough to hide an exchange's latency behind its rate limit.
PAGES_IN_FLIGHT: Final = 3

# Pages asked for or landed that are not being stored yet. They are parsed while PostgreSQL stores those before them and
# then committed together; with fewer, one waits for the other.
PAGES_AHEAD: Final = 12

_PRIORITIES: Final = {SyncKind.FORWARD: Priority.FORWARD, SyncKind.REPAIR: Priority.REPAIR}


@dataclass(frozen=True, slots=True)
class SliceLimits:
    """How long one worker stays with a job before others get their turn, and how long its lease holds unrenewed."""

    duration: timedelta = timedelta(seconds=8)
    lease: timedelta = timedelta(seconds=10)


class Slice:
    """A bounded part of a leased job; `on_stored` is called whenever pages are committed."""

    def __init__(
        self,
        lease: Lease,
        source: CandleSource,
        clock: Clock,
        limits: SliceLimits,
        stopping: asyncio.Event,
        on_stored: Callable[[], None],
    ) -> None:
        self.effort = Effort(_PRIORITIES.get(lease.kind, Priority.BACKFILL))
        self._lease = lease
        self._source = source
        self._clock = clock
        self._limits = limits
        self._stopping = stopping
        self._on_stored = on_stored
        self._inquiry = Inquiry(lease, source, self.effort)
        self._flights: deque[asyncio.Task[Finding]] = deque()
        self._storing: asyncio.Task[None] | None = None
        self._departed = 0

    async def run(self) -> bool:
        """Works until the job is done or the slice is used up; True when the job is done.

        Raises SourceError for what the exchange did and LeaseLostError when the job is no longer ours.
        """
        deadline = self._clock() + self._limits.duration
        itinerary = await plan(self._lease, self._source, self.effort)
        try:
            while itinerary and self._depart(itinerary.walk, deadline):
                await self._land(itinerary, deadline)
        finally:
            await self._call_back()
        return itinerary is None or itinerary.walk.is_done

    def _depart(self, walk: Walk, deadline: datetime) -> bool:
        """Keeps pages in flight while there is time and room; False when none is left to land."""
        while self._has_room() and self._has_time(deadline) and (window := walk.take()):
            self._flights.append(asyncio.create_task(self._inquiry.about(window)))
            self._departed += 1
        return bool(self._flights)

    def _has_room(self) -> bool:
        """A page that failed is dealt with before more are asked for."""
        landed = [flight for flight in self._flights if flight.done()]
        is_all_well = not any(flight.exception() for flight in landed)
        return is_all_well and len(self._flights) - len(landed) < PAGES_IN_FLIGHT and len(self._flights) < PAGES_AHEAD

    def _has_time(self, deadline: datetime) -> bool:
        """A slice has time for one page however short it is, so that every slice gets its job further."""
        is_first = not self._departed
        return (is_first or self._clock() < deadline) and not self._stopping.is_set()

    async def _land(self, itinerary: Itinerary, deadline: datetime) -> None:
        findings = [await self._flights[0]]
        self._flights.popleft()
        while self._flights and self._flights[0].done() and not self._flights[0].exception():
            findings.append(self._flights.popleft().result())
        batch = self._batch(itinerary, findings)
        self._storing = asyncio.create_task(store(self._lease, batch, self._clock() + self._limits.lease))
        while not self._storing.done():
            if batch.listed_at is None:
                self._depart(itinerary.walk, deadline)
            in_air = (flight for flight in self._flights if not flight.done())
            await asyncio.wait({self._storing, *in_air}, return_when=asyncio.FIRST_COMPLETED)
        await self._storing
        self._on_stored()
        if batch.listed_at:
            await self._shorten(itinerary, batch.listed_at)

    def _batch(self, itinerary: Itinerary, findings: Sequence[Finding]) -> Batch:
        settled = [part for finding in findings for part in itinerary.walk.settle(finding.window, finding.settled)]
        seconds = sum(part.seconds for piece in settled if (part := piece.overlap(itinerary.planned)))
        retries, waited = self.effort.drain()
        return Batch(
            windows=[finding.window for finding in findings],
            rows=[row for finding in findings for row in finding.page.rows],
            earned=[finding.page.earned for finding in findings if finding.page.earned],
            listed_at=max((finding.page.listed_at for finding in findings if finding.page.listed_at), default=None),
            progress=Progress(len(findings), seconds, retries, waited, itinerary.reached_at),
        )

    async def _shorten(self, itinerary: Itinerary, listed_at: datetime) -> None:
        itinerary.walk.drop_before(listed_at)
        start = max(itinerary.planned.start, listed_at)
        await leases.plan(self._lease, start=start, end=itinerary.planned.end, seconds=itinerary.walk.seconds_left)

    async def _call_back(self) -> None:
        tasks = [*self._flights, *([self._storing] if self._storing else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
