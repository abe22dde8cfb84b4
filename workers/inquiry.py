"""Asking about a window until it is clear what the exchange has there."""

from dataclasses import dataclass, replace

from domain.candle import Page
from domain.clock import Clock, milliseconds
from domain.source import CandleSource, Effort, SourceError
from domain.storage import candles, ledger
from domain.storage.leases import Lease
from domain.timerange import TimeRange
from workers.evidence import FRESH
from workers.itinerary import find_listing


@dataclass(frozen=True, slots=True)
class Finding:
    """A page, and the part of its window that need not be asked for again by this job."""

    window: TimeRange
    page: Page
    settled: TimeRange | None


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What a slice asks its exchange."""

    lease: Lease
    source: CandleSource
    clock: Clock
    effort: Effort

    async def about(self, window: TimeRange) -> Finding:
        """Raises SourceError where the exchange does not tell."""
        page = await self._ask(window)
        if not page.rows:
            page = await self._explain_absence(window, page)
        if page.listed_at or self._may_come_later(window, page.earned):
            return Finding(window, page, window)
        if page.earned is None:
            told = f"{self.lease.exchange} sent nothing about {self.lease.symbol} from {window.start.isoformat()} on."
            raise SourceError("EMPTY_ANSWER", told, is_transient=True)
        return Finding(window, page, page.earned)

    def _may_come_later(self, window: TimeRange, earned: TimeRange | None) -> bool:
        """Whether only candles are missing that closed so recently that the exchange may not serve them yet."""
        rest = earned.end if earned else window.start
        return rest >= self.lease.interval.floor(self.clock() - FRESH)

    async def _ask(self, window: TimeRange) -> Page:
        lease = self.lease
        return await self.source.page(lease.symbol, lease.interval, window, self.clock(), self.effort)

    async def _explain_absence(self, window: TimeRange, page: Page) -> Page:
        known = await ledger.of(self.lease.pair_id)
        if page.earned is None:
            return await self._ask_from_a_known_candle(window)
        if known.listed_at is None:
            listed_at = await find_listing(self.lease, self.source, self.clock(), self.effort)
            if listed_at >= window.end:
                return Page([], None, listed_at)
        return page

    async def _ask_from_a_known_candle(self, window: TimeRange) -> Page:
        """An answer that has the last candle we know and no later one proves that there is none."""
        last = await candles.last_before(self.lease.pair_id, window.start)
        if last is None:
            return Page([], None)
        page = await self._ask(TimeRange(last, window.end))
        earned = page.earned.overlap(window) if page.earned else None
        start = milliseconds(window.start)
        return replace(page, rows=[row for row in page.rows if row[0] >= start], earned=earned)
