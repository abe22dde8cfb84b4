"""Asking about a window until it is clear what the exchange has there."""

from dataclasses import dataclass, replace
from datetime import datetime

from domain.candle import Page
from domain.candle_source import CandleSource, Effort, SourceError
from domain.clock import milliseconds
from domain.storage import candles, ledger
from domain.storage.leases import Lease
from domain.telemetry.traces import Role, span
from domain.timerange import TimeRange
from workers.itinerary import find_listing


@dataclass(frozen=True, slots=True)
class Finding:
    """A page, and the part of its window that need not be asked for again by this job."""

    window: TimeRange
    page: Page
    settled: TimeRange


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What a slice asks its exchange."""

    lease: Lease
    source: CandleSource
    effort: Effort

    async def about(self, window: TimeRange) -> Finding:
        """Raises SourceError where the exchange does not tell."""
        with span(Role.STEP, "page", {"candelabra.from": str(window.start), "candelabra.to": str(window.end)}):
            page = await self._page(window)
        settled = TimeRange.of(_settled_from(window, page), _settled_until(window, page))
        if settled is None:
            raise self._told_nothing(window)
        return Finding(window, page, settled)

    async def _page(self, window: TimeRange) -> Page:
        page = await self._ask(window)
        return page if page.rows or not page.earned else await self._explain_absence(window, page)

    async def _ask(self, window: TimeRange) -> Page:
        return await self.source.page(self.lease.symbol, self.lease.interval, window, self.effort)

    async def _explain_absence(self, window: TimeRange, page: Page) -> Page:
        listed_at = (await ledger.of(self.lease.pair_id)).listed_at
        if listed_at is None:
            listed_at = await find_listing(self.lease, self.source, self.effort)
            if listed_at >= window.end:
                return replace(page, earned=None, listed_at=listed_at)
        if page.is_silent:
            return await self._ask_beside_a_witness(window, listed_at)
        return page

    async def _ask_beside_a_witness(self, window: TimeRange, listed_at: datetime) -> Page:
        """Silence is believed of an exchange that meanwhile tells of a candle that we know it has."""
        witness = await candles.last(self.lease.pair_id) or listed_at
        step = self.lease.interval
        around = await self._ask(TimeRange(step.floor(witness), step.next(witness)))
        page = await self._ask(window)
        is_present = any(row[0] == milliseconds(witness) for row in around.rows)
        if page.is_silent and (not is_present or window.start <= witness < window.end):
            raise self._told_nothing(window)
        return page

    def _told_nothing(self, window: TimeRange) -> SourceError:
        told = f"{self.lease.exchange} sent nothing about {self.lease.symbol} from {window.start.isoformat()} on."
        return SourceError("EMPTY_ANSWER", told, is_transient=True)


def _settled_from(window: TimeRange, page: Page) -> datetime:
    return page.earned.start if page.earned and not page.listed_at else window.start


def _settled_until(window: TimeRange, page: Page) -> datetime:
    """What can still come, and what was before the exchange's first candle, is not asked for again."""
    reached = [page.earned.end] if page.earned else []
    until = max([window.start, *reached, min(page.listed_at or window.start, window.end)])
    return window.end if until >= page.ripe_until else until
