"""An exchange behind CCXT, as a source of candles."""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Self, TypeVar

import ccxt

from domain.candle import Page, Row
from domain.clock import instant, milliseconds
from domain.interval import EPOCH, Interval, interval
from domain.source import Effort, MarketList, SourceError
from domain.storage.exchanges import Listing
from domain.timerange import TimeRange
from workers.client import effort_of_request
from workers.dialects import Absence, Dialect, dialect_of
from workers.errors import retry_after_seconds, source_error
from workers.evidence import Answer, proven
from workers.rows import BadPageError, checked_rows

T = TypeVar("T")

_MILLISECOND: Final = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class CcxtGateway:
    """Implements `CandleSource` for one exchange of this installation."""

    name: str
    client: Any
    dialect: Dialect

    @classmethod
    def of(cls, name: str, client: Any) -> Self:
        spot = (client.features or {}).get("spot") or {}
        limit = (spot.get("fetchOHLCV") or {}).get("limit")
        return cls(name, client, dialect_of(client.id, limit))

    def page_limit(self, _: Interval) -> int:
        return self.dialect.page_limit

    async def check(self, symbol: str, interval: Interval, effort: Effort) -> None:
        await self._markets_loaded(effort)
        if symbol not in self.client.markets:
            raise SourceError("UNKNOWN_SYMBOL", f"{self.name} does not list {symbol}.", is_transient=False)
        if interval.text not in self._intervals():
            told = f"{self.name} does not serve {interval}; it serves {' '.join(self._intervals())}."
            raise SourceError("UNSUPPORTED_INTERVAL", told, is_transient=False)

    async def page(self, symbol: str, interval: Interval, window: TimeRange, now: datetime, effort: Effort) -> Page:
        try:
            return await self._page(symbol, interval, window, now, effort)
        except BadPageError as error:
            told = f"{self.name} answered with something that cannot be true of {symbol} {interval}: {error}."
            raise SourceError("BAD_PAGE", told, is_transient=True) from error

    async def _page(self, symbol: str, interval: Interval, window: TimeRange, now: datetime, effort: Effort) -> Page:
        answer = await self._ask(symbol, interval, window, now, effort)
        if self.dialect.absence is Absence.SKIPS_AHEAD and answer.rows and not answer.inside:
            await self._confirm_absence(symbol, interval, window, effort)
        if self.dialect.absence is Absence.EMPTY and not answer.sent:
            answer = await self._ask(symbol, interval, window, now, effort)
        return proven(answer, interval, self.dialect.absence)

    async def _ask(self, symbol: str, step: Interval, window: TimeRange, now: datetime, effort: Effort) -> Answer:
        limit = min(step.slots_between(window.start, window.end), self.dialect.page_limit)
        asked = None if self.dialect.absence is Absence.NEWEST_ONLY else limit
        rows = await self._candles(symbol, step, effort, since=window.start, limit=asked)
        return Answer(window, rows, self.dialect.page_limit, now)

    async def _confirm_absence(self, symbol: str, step: Interval, window: TimeRange, effort: Effort) -> None:
        """An exchange that ignores `since` looks as if it skipped ahead; with an upper bound it gives itself away."""
        slots = step.slots_between(window.start, window.end)
        until = window.end - _MILLISECOND
        if await self._candles(symbol, step, effort, since=window.start, limit=slots, until=until):
            raise BadPageError("it skipped candles that it has")

    async def _candles(
        self,
        symbol: str,
        step: Interval,
        effort: Effort,
        *,
        since: datetime,
        limit: int | None,
        until: datetime | None = None,
    ) -> Sequence[Row]:
        params = {"until": milliseconds(until)} if until else {}
        request = self.client.fetch_ohlcv(symbol, step.text, milliseconds(since), limit, params)
        rows = await self._requested(request, effort)
        self._refuse_garbage()
        return checked_rows(rows)

    def _refuse_garbage(self) -> None:
        """CCXT makes an empty list of many an answer that is none; nothing may be awaited since it came."""
        found = self.client.last_json_response
        for key in self.dialect.rows_at:
            found = _value(found, key)
        if not isinstance(found, list):
            raise BadPageError("the answer is not a list of candles")

    async def listed_at(self, symbol: str, interval: Interval, now: datetime, effort: Effort) -> datetime | None:
        if self.dialect.absence is Absence.SKIPS_AHEAD:
            return await self._first_after(symbol, interval, EPOCH, effort, limit=1)
        if self.dialect.absence is Absence.NEWEST_ONLY:
            return await self._first_after(symbol, interval, EPOCH, effort, limit=None)
        earliest = await self._first_day(symbol, interval, now, effort)
        if earliest is None:
            return None
        if self.dialect.horizon:
            earliest = max(earliest, interval.shift(now, 1 - self.dialect.horizon))
        return await self._first_from(symbol, interval, earliest, now, effort)

    async def _first_after(
        self, symbol: str, step: Interval, since: datetime, effort: Effort, *, limit: int | None
    ) -> datetime | None:
        rows = await self._candles(symbol, step, effort, since=since, limit=limit)
        return instant(rows[0][0]) if rows else None

    async def _first_day(self, symbol: str, step: Interval, now: datetime, effort: Effort) -> datetime | None:
        """Walks back through long candles until a whole page of them is missing: no outage lasts that long."""
        long = self._longest_search_interval(step)
        earliest, end = None, long.next(now)
        while end > EPOCH:
            start = max(EPOCH, long.shift(end, -self.page_limit(long)))
            found = await self._first_in(symbol, long, TimeRange(start, end), effort)
            if found is None:
                return earliest
            earliest, end = found, start
        return earliest

    def _longest_search_interval(self, step: Interval) -> Interval:
        served = [interval(text) for text in self._intervals() if text in {"1h", "4h", "6h", "12h", "1d"}]
        longer = [item for item in served if step.divides(item)]
        return max(longer, key=lambda item: item.seconds, default=step)

    async def _first_from(
        self, symbol: str, step: Interval, start: datetime, now: datetime, effort: Effort
    ) -> datetime | None:
        while start < now:
            end = step.shift(start, self.page_limit(step))
            if found := await self._first_in(symbol, step, TimeRange(start, end), effort):
                return found
            start = end
        return None

    async def _first_in(self, symbol: str, step: Interval, window: TimeRange, effort: Effort) -> datetime | None:
        slots = step.slots_between(window.start, window.end)
        rows = await self._candles(symbol, step, effort, since=window.start, limit=slots)
        inside = Answer(window, rows, self.dialect.page_limit, window.end).inside
        return instant(inside[0][0]) if inside else None

    async def markets(self, effort: Effort) -> MarketList:
        await self._requested(self.client.load_markets(reload=True), effort)
        self._refuse_empty_list()
        spot = [market for market in self.client.markets.values() if market.get("spot")]
        listings = [Listing(m["symbol"], m["base"], m["quote"], m.get("active") is not False) for m in spot]
        return MarketList(listings, self._intervals())

    async def _markets_loaded(self, effort: Effort) -> None:
        if not self.client.markets:
            await self._requested(self.client.load_markets(), effort)
            self._refuse_empty_list()

    def _refuse_empty_list(self) -> None:
        if not self.client.markets:
            self.client.markets = None
            told = f"{self.name} answered with an empty market list, which cannot be true."
            raise SourceError("BAD_MARKET_LIST", told, is_transient=True)

    def _intervals(self) -> list[str]:
        return [text for text in self.client.timeframes or {} if text not in self.dialect.unserved]

    async def _requested(self, request: Awaitable[T], effort: Effort) -> T:
        token = effort_of_request.set(effort)
        try:
            return await request
        except (ccxt.BaseError, AttributeError, TypeError, ValueError, KeyError, IndexError) as error:
            # CCXT trips over answers that have not the shape it expects with errors of Python's own.
            pause = retry_after_seconds(self.client.last_response_headers)
            raised = source_error(error, exchange=self.name, retry_after=pause)
            if raised.retry_after:
                await self.client.budget.ban(raised.retry_after)
            raise raised from error
        finally:
            effort_of_request.reset(token)


def _value(answer: Any, key: str | None) -> Any:
    if not isinstance(answer, dict):
        return None
    if key is None:
        return next((value for value in answer.values() if isinstance(value, list)), None)
    return answer.get(key)
