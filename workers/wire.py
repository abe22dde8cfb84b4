"""CCXT's calls, charged to the budget, with what they answer checked and what they raise translated."""

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import ccxt

from domain.candle import Row
from domain.candle_source import Effort
from domain.clock import milliseconds
from domain.interval import Interval
from domain.telemetry.metrics import EXCHANGE_ERRORS
from workers.client import charge_of_request, effort_of_request
from workers.dialects import Dialect
from workers.errors import retry_after_seconds, source_error
from workers.exchange_clock import ExchangeClock
from workers.rows import BadPageError, checked_rows

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Wire:
    """One exchange's CCXT client. Methods raise SourceError; BadPageError where an answer cannot be true."""

    name: str
    client: Any
    dialect: Dialect

    @property
    def clock(self) -> ExchangeClock:
        clock: ExchangeClock = self.client.clock
        return clock

    @property
    def intervals(self) -> list[str]:
        """What the exchange serves and we keep, in CCXT's notation: whole minutes."""
        served = [text for text in self.client.timeframes or {} if text not in self.dialect.unserved]
        return [text for text in served if not Interval.parse(text).seconds % 60]

    async def candles(
        self,
        symbol: str,
        step: Interval,
        effort: Effort,
        *,
        since: datetime | None,
        limit: int | None,
        until: datetime | None = None,
    ) -> Sequence[Row]:
        """Everything that the exchange sent, oldest first: its newest without `since`; `until` is inclusive."""
        params = {"until": milliseconds(until)} if until else {}
        start = milliseconds(since) if since else None
        if self.dialect.rounds_start_up and limit and start and start % (step.seconds * 1000):
            start, limit = start - step.seconds * 1000, min(limit + 1, self.dialect.page_limit)
        request = self.client.fetch_ohlcv(symbol, step.text, start, limit, params)
        rows = await self._requested(request, effort)
        self._refuse_garbage()
        self.client.page_milliseconds = max(charge_of_request.get(), self.client.page_milliseconds or 0.0)
        return checked_rows(rows)

    def _refuse_garbage(self) -> None:
        """CCXT makes an empty list of many an answer that is none; nothing may be awaited since it came."""
        found = self.client.last_json_response
        for key in self.dialect.rows_at:
            found = _value(found, key)
        if not isinstance(found, list):
            raise BadPageError("the answer is not a list of candles")

    async def markets(self, effort: Effort, *, reload: bool = False) -> Mapping[str, Any]:
        """CCXT's markets by symbol, loaded once unless asked for again."""
        if reload or not self.client.markets:
            await self._requested(self.client.load_markets(reload), effort)
        markets: Mapping[str, Any] = self.client.markets
        return markets

    async def _requested(self, request: Awaitable[Answer], effort: Effort) -> Answer:
        token = effort_of_request.set(effort)
        try:
            return await request
        except (ccxt.BaseError, AttributeError, TypeError, ValueError, KeyError, IndexError) as error:
            # CCXT trips over answers that have not the shape it expects with errors of Python's own.
            pause = retry_after_seconds(self.client.last_response_headers)
            raised = source_error(error, exchange=self.name, retry_after=pause, unknown=self.dialect.unknown_symbol)
            if raised.retry_after:
                await self.client.budget.ban(raised.retry_after)
            EXCHANGE_ERRORS.labels(self.name, raised.code).inc()
            raise raised from error
        finally:
            effort_of_request.reset(token)


def _value(answer: Any, key: str | None) -> Any:
    if not isinstance(answer, dict):
        return None
    if key is None:
        return next((value for value in answer.values() if isinstance(value, list)), None)
    return answer.get(key)
