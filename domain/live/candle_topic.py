"""The candles of a series at one interval, as they close and are revised."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from datetime import datetime

from domain.clock import END_OF_TIME, Clock
from domain.database import connection, snapshot
from domain.errors import NotFoundError
from domain.live.candle_news import EVENT_CANDLES, CandleNews, Follower, NewsKind, after, instants, slots
from domain.live.news import News
from domain.storage import changes, views
from domain.storage.changes import RETENTION, Changes
from domain.storage.series import Series
from domain.timerange import TimeRange
from domain.view import View, ViewedCandle


class CandleTopic:
    """Reads what is new once for all who follow; `guests` are those, and who is about to."""

    def __init__(self, series: Series, view: View, clock: Clock) -> None:
        self.series = series
        self.version: int | None = None
        self.followers: set[Follower] = set()
        self.guests = 0
        self._view = view
        self._clock = clock
        self._looked_at = clock()
        self._covered_until: datetime | None = None
        self._looking = asyncio.Lock()

    async def begin(self) -> None:
        """Finds out where the series stands, unless that is known. Raises NotFoundError where it is gone."""
        async with self._looking:
            if self.version is None:
                await self._advance()

    async def look(self, version: int | None) -> None:
        """Tells followers what is new in PostgreSQL, where the series has this version; None where it is gone."""
        if version == self.version:
            self._looked_at = self._clock()
        elif self.version is not None:
            async with self._looking, snapshot():
                await self._advance()

    @property
    def closing(self) -> datetime:
        """The open time from which on no candle has closed yet."""
        return self._view.step.floor(self._covered_until) if self._covered_until else self._now

    async def history(self, follower: Follower) -> AsyncGenerator[News[CandleNews], None]:
        """What is stored from the follower's floor on, page by page; what is new comes to its mailbox."""
        start: datetime | None = follower.floor
        while start:
            async with self._looking, snapshot():
                await self._advance()
                version = self.version or 0
                rows = await self._rows(TimeRange(start, END_OF_TIME))
            start = after(rows[-1].timestamp) if len(rows) == EVENT_CANDLES else None
            follower.has_read(start or END_OF_TIME, version)
            told = [row for row in rows if not self._is_open(row)]
            yield self._news(NewsKind.HISTORY, version, told)

    def _is_open(self, row: ViewedCandle) -> bool:
        return not row.is_complete and row.timestamp >= self.closing

    async def _advance(self) -> None:
        """To be called by one at a time, in a snapshot where there is a version to advance from."""
        found = await changes.since(self.series.number, self.version)
        now = self._clock()
        is_whole = self.version is None or now - self._looked_at < RETENTION
        if found:
            self._covered_until = found.covered_until
            news = [item async for item in self._told(found)] if is_whole else []
            self.version, self._looked_at = found.version, now
            self._tell(news)
        if not is_whole:
            for follower in self.followers:
                follower.mailbox.drop()
        if not found:
            self._tell([None])
            raise NotFoundError("The pair is gone.")

    def _tell(self, news: Iterable[News[CandleNews] | None]) -> None:
        for item in news:
            for follower in self.followers:
                follower.mailbox.put(item)

    async def _told(self, found: Changes) -> AsyncGenerator[News[CandleNews], None]:
        floor = min((follower.floor for follower in self.followers), default=END_OF_TIME)
        closed = slots(self._view, found.covered)
        revised = slots(self._view, instants(found.revised))
        for part in (rest for item in revised for rest in _without(item, closed)):
            async for rows in self._pages(part):
                yield self._news(NewsKind.REVISED, found.version, rows)
        for item in closed:
            if wanted := TimeRange.of(max(item.start, floor), item.end):
                async for rows in self._pages(wanted):
                    yield self._news(NewsKind.CLOSED, found.version, rows)

    async def _pages(self, within: TimeRange) -> AsyncIterator[list[ViewedCandle]]:
        """Those that are complete: what is not has not closed."""
        rest: TimeRange | None = within
        while rest:
            rows = await self._rows(rest)
            if complete := [row for row in rows if row.is_complete]:
                yield complete
            rest = TimeRange.of(after(rows[-1].timestamp), rest.end) if len(rows) == EVENT_CANDLES else None

    async def _rows(self, within: TimeRange) -> list[ViewedCandle]:
        asked = (self.series.number, self._view, within, EVENT_CANDLES)
        async with connection() as db:
            return await views.read(db, *asked, is_newest=False, now=self._now)

    @property
    def _now(self) -> datetime:
        """What is covered has passed, also where the worker's clock is ahead of ours."""
        now = self._clock()
        return max(now, self._covered_until) if self._covered_until else now

    def _news(self, kind: NewsKind, version: int, rows: list[ViewedCandle]) -> News[CandleNews]:
        return News(CandleNews(kind, self.series.pair_id, version, rows))


def _without(item: TimeRange, others: list[TimeRange]) -> list[TimeRange]:
    rest = [item]
    for other in others:
        rest = [part for piece in rest for part in piece.without(other)]
    return rest
