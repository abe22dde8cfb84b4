"""What is kept about entities, as it is read: a row each, that nothing changes. Their tables are in `models`."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from domain.models import PairStatus, SyncKind, SyncStatus
from domain.timerange import TimeRange


class Coin(NamedTuple):
    id: UUID
    symbol: str
    name: str
    coingecko_id: str | None
    market_cap_rank: int | None
    image_url: str | None
    created_at: datetime
    updated_at: datetime


class Exchange(NamedTuple):
    """`rate_limit` and `timeout` in milliseconds; `intervals` in CCXT's notation.

    `is_configured` tells that the exchanges file names it. What its workers told of its habits: a request for candles
    answers `page_limit` slots and takes `page_milliseconds` of the rate limit; the newest `history_slots` are served.
    """

    id: UUID
    name: str
    adapter: str
    is_active: bool
    rate_limit: int
    timeout: int
    markets_refreshed_at: datetime | None
    created_at: datetime
    updated_at: datetime
    is_configured: bool
    page_limit: int | None
    page_milliseconds: float | None
    history_slots: int | None
    intervals: tuple[str, ...]


class Timeframe(NamedTuple):
    id: UUID
    interval: str
    minutes: int


class Market(NamedTuple):
    """`relevance` is its place in a search: the lower, the more likely it is what was meant."""

    symbol: str
    base: str
    quote: str
    is_active: bool
    listed_at: datetime | None
    delisted_at: datetime | None
    relevance: int


class SeriesVersion(NamedTuple):
    """What is known of a series: that it has had this version."""

    series: int
    version: int


class Pair(NamedTuple):
    """A coin's symbol on an exchange at a timeframe, with the ledger of what is known about its candles."""

    id: UUID
    symbol: str
    quote: str
    is_active: bool
    series: int
    candle_count: int
    version: int
    listed_at: datetime | None
    created_at: datetime
    updated_at: datetime
    status: PairStatus
    covered: list[TimeRange]
    coin: Coin
    timeframe: Timeframe
    exchange: Exchange

    @property
    def known(self) -> SeriesVersion:
        return SeriesVersion(self.series, self.version)


class SyncJob(NamedTuple):
    """What a pair's collection set out to do and how far it has come.

    `seconds_planned` and `seconds_done` measure the time ranges to cover, not the work's duration.
    """

    id: UUID
    pair_id: UUID
    range_from: datetime | None
    range_to: datetime | None
    seconds_planned: int | None
    seconds_done: int
    candles_written: int
    pages_fetched: int
    retries: int
    waited_seconds: float
    reached_at: datetime | None
    error_code: str | None
    error_message: str | None
    error_is_transient: bool | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    kind: SyncKind
    status: SyncStatus
