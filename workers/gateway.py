"""An exchange behind CCXT, as a source of candles."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Self

from domain.candle import Page
from domain.candle_source import Effort, MarketList, SourceError
from domain.clock import MILLISECOND, instant
from domain.interval import Interval
from domain.storage.listings import Listing
from domain.telemetry.metrics import EXCHANGE_ERRORS
from domain.timerange import TimeRange
from workers.dialects import Absence, dialect_of
from workers.evidence import Answer, proven
from workers.listing import ListingSearch, horizon
from workers.rows import BadPageError
from workers.wire import Wire

# Milliseconds since 1970, in the year 2109: later times are mistakes.
_FAR_FUTURE: Final = 1 << 42


@dataclass(frozen=True, slots=True)
class CcxtGateway:
    """Implements `CandleSource` for one exchange of this installation."""

    wire: Wire

    @classmethod
    def of(cls, name: str, client: Any) -> Self:
        spot = (client.features or {}).get("spot") or {}
        limit = (spot.get("fetchOHLCV") or {}).get("limit")
        return cls(Wire(name, client, dialect_of(client.id, limit)))

    @property
    def rate_limit(self) -> int:
        """Milliseconds between requests."""
        between: float = self.wire.client.request_milliseconds
        return round(between)

    @property
    def page_milliseconds(self) -> float | None:
        """What the costliest request for candles was charged of the rate limit; None before the first."""
        charged: float | None = self.wire.client.page_milliseconds
        return charged

    @property
    def history_slots(self) -> int | None:
        """How many of the newest slots the exchange serves; None where it serves all."""
        dialect = self.wire.dialect
        return dialect.page_limit if dialect.absence is Absence.NEWEST_ONLY else dialect.horizon

    def now(self) -> datetime:
        return self.wire.clock()

    @property
    def page_limit(self) -> int:
        return self.wire.dialect.page_limit

    async def check(self, symbol: str, interval: Interval, effort: Effort) -> None:
        name, served = self.wire.name, self.wire.intervals
        is_listed = symbol in await self.wire.markets(effort)
        if not is_listed and symbol not in await self.wire.markets(effort, reload=True):
            raise SourceError("UNKNOWN_SYMBOL", f"{name} does not list {symbol}.", is_transient=False)
        if interval.text not in served:
            told = f"{name} does not serve {interval}; it serves {' '.join(served)}."
            raise SourceError("UNSUPPORTED_INTERVAL", told, is_transient=False)

    async def page(self, symbol: str, interval: Interval, window: TimeRange, effort: Effort) -> Page:
        oldest = horizon(self.wire, interval)
        try:
            if oldest <= window.start:
                return await self._page(symbol, interval, window, effort)
            served = TimeRange.of(oldest, window.end)
            page = await self._page(symbol, interval, served, effort) if served else Page([], None, oldest)
        except BadPageError as error:
            raise self._bad_page(symbol, interval, error) from error
        return replace(page, listed_at=oldest)

    async def _page(self, symbol: str, interval: Interval, window: TimeRange, effort: Effort) -> Page:
        absence = self.wire.dialect.absence
        answer = await self._ask(symbol, interval, window, effort)
        if answer.may_be_misplaced(interval, absence):
            await self._confirm_absence(symbol, interval, answer.skipped, effort)
        if absence is Absence.SKIPS_AHEAD and answer.lacks_candles(interval):
            answer = await self._with_the_newest(symbol, interval, answer, effort)
        if absence is Absence.NEWEST_ONLY and answer.begins_late:
            answer = replace(answer, sent=await self.wire.candles(symbol, interval, effort, since=None, limit=None))
        return proven(answer, interval, absence)

    async def _ask(self, symbol: str, step: Interval, window: TimeRange, effort: Effort) -> Answer:
        limit = min(step.slots_between(window.start, window.end), self.page_limit)
        asked = None if self.wire.dialect.absence is Absence.NEWEST_ONLY else limit
        rows = await self.wire.candles(symbol, step, effort, since=window.start, limit=asked)
        return Answer(window, rows, self.page_limit, asked or self.page_limit, self.wire.clock.answered_at)

    async def _confirm_absence(self, symbol: str, step: Interval, skipped: TimeRange, effort: Effort) -> None:
        """An exchange that ignores `since` looks as if it skipped ahead; with an upper bound it gives itself away."""
        limit = min(step.slots_between(skipped.start, skipped.end), self.page_limit)
        until = skipped.end - MILLISECOND
        if await self.wire.candles(symbol, step, effort, since=skipped.start, limit=limit, until=until):
            raise BadPageError("it skipped candles that it has")

    async def _with_the_newest(self, symbol: str, step: Interval, answer: Answer, effort: Effort) -> Answer:
        """Nothing from a time on is believed of an exchange that tells of an earlier candle as its newest."""
        newest = await self.wire.candles(symbol, step, effort, since=None, limit=1)
        if newest and instant(newest[-1][0]) >= answer.window.start:
            raise BadPageError("it left out candles that it has")
        return replace(answer, sent=newest)

    async def listed_at(self, symbol: str, interval: Interval, effort: Effort) -> datetime | None:
        try:
            return await ListingSearch(self.wire, symbol, interval, effort).earliest()
        except BadPageError as error:
            raise self._bad_page(symbol, interval, error) from error

    def _bad_page(self, symbol: str, interval: Interval, error: BadPageError) -> SourceError:
        name = self.wire.name
        told = f"{name} answered with something that cannot be true of {symbol} {interval}: {error}."
        EXCHANGE_ERRORS.labels(name, "BAD_PAGE").inc()
        return SourceError("BAD_PAGE", told, is_transient=True)

    async def markets(self, effort: Effort) -> MarketList:
        markets = (await self.wire.markets(effort, reload=True)).values()
        return MarketList([_listing(market) for market in markets if market.get("spot")], self.wire.intervals)


def _listing(market: Mapping[str, Any]) -> Listing:
    created = market.get("created")
    listed_at = instant(created) if isinstance(created, int) and 0 < created < _FAR_FUTURE else None
    return Listing(market["symbol"], market["base"], market["quote"], market.get("active") is not False, listed_at)
