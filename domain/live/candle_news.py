"""What is told about candles: which kind of news, and which of it a follower has not been told yet."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from typing import Final
from uuid import UUID

from domain.clock import MICROSECOND
from domain.live.news import Mailbox, News
from domain.timerange import TimeRange
from domain.view import View, ViewedCandle

# Candles in one event: some 200 kB as JSON.
EVENT_CANDLES: Final = 1_000


class NewsKind(Enum):
    HISTORY = "HISTORY"
    CLOSED = "CLOSED"
    REVISED = "REVISED"


@dataclass(frozen=True, slots=True)
class CandleNews:
    """Candles of a pair, oldest first, as of a version of its series."""

    kind: NewsKind
    pair_id: UUID
    version: int
    candles: Sequence[ViewedCandle]


def slots(view: View, ranges: Iterable[TimeRange]) -> list[TimeRange]:
    """Where the view's candles open that a change of stored candles in these ranges touches, oldest first, merged."""
    touched = sorted((_slots(view, item) for item in ranges), key=lambda item: item.start)
    merged: list[TimeRange] = []
    for item in touched:
        if merged and item.start <= merged[-1].end:
            merged[-1] = TimeRange(merged[-1].start, max(merged[-1].end, item.end))
        else:
            merged.append(item)
    return merged


def _slots(view: View, item: TimeRange) -> TimeRange:
    return TimeRange(view.step.floor(item.start), view.step.ceil(item.end)) if view.is_resampled else item


def instants(opened: Iterable[datetime]) -> list[TimeRange]:
    """Ranges that hold nothing but these open times."""
    return [TimeRange(at, at + MICROSECOND) for at in opened]


def after(at: datetime) -> datetime:
    return at + MICROSECOND


@dataclass(slots=True, eq=False)
class Follower:
    """Of one view's candles, from `floor` on. `_pages` tell up to which version it has read what opens before when."""

    floor: datetime
    mailbox: Mailbox[CandleNews] = field(default_factory=Mailbox)
    _ends: list[datetime] = field(default_factory=list)
    _versions: list[int] = field(default_factory=list)

    def has_read(self, end: datetime, version: int) -> None:
        """Candles that open before `end`, and not before the end of the page before, as of a version."""
        self._ends.append(end)
        self._versions.append(version)

    def wanted(self, news: News[CandleNews]) -> News[CandleNews] | None:
        """What of it is news to this follower; the same object where all of it is."""
        content = news.content
        candles = [candle for candle in content.candles if self._is_news(candle, content)]
        if len(candles) == len(content.candles):
            return news
        return News(replace(content, candles=candles)) if candles else None

    def _is_news(self, candle: ViewedCandle, news: CandleNews) -> bool:
        if news.kind is NewsKind.CLOSED and candle.timestamp < self.floor:
            return False
        page = bisect_right(self._ends, candle.timestamp)
        return page == len(self._versions) or news.version > self._versions[page]
