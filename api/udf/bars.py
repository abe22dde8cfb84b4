"""Bars of a chart: the columns of `series`, and what is said where there are none."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from starlette.datastructures import QueryParams

from api.candles.page import CandleQuery
from api.candles.series_columns import SERIES_COLUMNS
from api.context import Context
from api.plain.parameters import Parameters
from api.udf.resolutions import interval_of
from domain import history, paging
from domain.clock import END_OF_TIME_MS, instant
from domain.errors import BadInputError
from domain.history import Source
from domain.interval import Interval
from domain.paging import PageRequest
from domain.storage import tickers
from domain.storage.rendering import Rendering
from domain.storage.series import MarketName, Series

_NAMES: Final = ("t", "o", "h", "l", "c", "v")
_TEMPLATES: Final = tuple(SERIES_COLUMNS.values())

# Seconds. Charts ask for times before the first trade, also before 1970, and beyond the present.
_EARLIEST: Final = 0
_LATEST: Final = END_OF_TIME_MS // 1_000 - 1


@dataclass(frozen=True, slots=True)
class BarsRequest:
    """The newest bars of [start, end), or, whatever the start, as many before the end as `countback` says."""

    ticker: str
    interval: Interval
    start: datetime
    end: datetime
    countback: int | None

    @classmethod
    def of(cls, query: QueryParams) -> Self:
        """Raises BadInputError. What else a chart sends along means nothing here."""
        given = Parameters.of(query)
        start, end, countback = (given.whole(name) for name in ("from", "to", "countback"))
        if end is None or (start is None and not countback):
            raise BadInputError("to is missing, or both from and countback are.")
        times = [instant(1_000 * min(max(at, _EARLIEST), _LATEST)) for at in (start or _EARLIEST, end)]
        step = interval_of(given.required("resolution"))
        if countback is not None and countback < 0:
            raise BadInputError("countback must not be negative.")
        return cls(given.required("symbol"), step, times[0], times[1], countback or None)


async def bars(asked: BarsRequest, context: Context) -> str:
    """As JSON."""
    source = await _source(asked, context)
    most = min(context.max_page_candles, context.max_query_cost // len(_NAMES))
    page = PageRequest(
        None if asked.countback else min(asked.start, asked.end), asked.end, last=min(asked.countback or most, most)
    )
    query = CandleQuery(source, paging.plan(page, context.max_page_candles), page.asked, context)
    context.cost = query.reading.limit * len(_NAMES)
    await context.spend()
    found = await query.rendered(Rendering(source.view, _TEMPLATES, is_newest=True, asks_count=True))
    if not found.count:
        return await _no_data(source, page)
    return f'{{"s":"ok",{",".join(map(_column, _NAMES, found.texts))}}}'


def _column(name: str, text: str) -> str:
    return f'"{name}":{text}'


async def _no_data(source: Source, page: PageRequest) -> str:
    """With the bar before, so that the chart leaps over the hole instead of feeling its way."""
    earlier = await source.read(paging.plan(PageRequest(end=page.start, last=1), 1)) if page.start else None
    if earlier is None or not earlier.rows:
        return '{"s":"no_data"}'
    return f'{{"s":"no_data","nextTime":{int(earlier.rows[0].timestamp.timestamp())}}}'


async def _source(asked: BarsRequest, context: Context) -> Source:
    """Charts ask by the ticker that they were told; people also by what they typed."""

    async def find(market: MarketName) -> Sequence[Series] | None:
        kept = await context.find_series(market)
        if not kept and (ticker := await tickers.find(asked.ticker)):
            return await context.find_series(MarketName(ticker.exchange, ticker.symbol))
        return kept

    exchange, _, symbol = asked.ticker.partition(":")
    return await history.source(find, MarketName(exchange, symbol), asked.interval, is_filled=False, now=context.now)
