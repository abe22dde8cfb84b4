"""What each kind of sync wants to have covered."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from domain.interval import Interval
from domain.models import SyncKind
from domain.storage.ledger import Ledger
from domain.timerange import TimeRange

# Closed candles that a FORWARD run asks for again: exchanges still revise the volume of the last few.
SETTLING_SLOTS: Final = 3

# Candles that a FORWARD run fetches for a pair that has none yet.
FIRST_SLOTS: Final = 500

_NEEDS_LISTING: Final = {SyncKind.INITIAL, SyncKind.BACKWARD}


@dataclass(frozen=True, slots=True)
class Wish:
    """A request for candles as its job states it, and the instant at which it is planned."""

    kind: SyncKind
    start: datetime | None
    end: datetime | None
    now: datetime


def needs_listing(wish: Wish, ledger: Ledger) -> bool:
    """Whether the plan depends on the first candle that the exchange serves, which is not known yet."""
    return wish.kind in _NEEDS_LISTING and wish.start is None and ledger.listed_at is None


def wanted(wish: Wish, ledger: Ledger, interval: Interval) -> TimeRange | None:
    """The range that the job sets out to cover; None where there is nothing to do. Ends at the last closed candle."""
    closed = interval.floor(wish.now)
    end = min(closed, wish.end or closed)
    start = _start(wish, ledger, interval, end)
    if wish.kind is SyncKind.BACKWARD and ledger.oldest:
        end = min(end, ledger.oldest)
    if wish.kind is SyncKind.REPAIR and ledger.newest:
        end = min(end, ledger.newest)
    if start is None:
        return None
    return TimeRange.of(interval.floor(max(start, ledger.listed_at or start)), end)


def _start(wish: Wish, ledger: Ledger, interval: Interval, end: datetime) -> datetime | None:
    match wish.kind:
        case SyncKind.FORWARD if ledger.newest:
            return interval.shift(ledger.newest, -SETTLING_SLOTS)
        case SyncKind.FORWARD:
            return wish.start or interval.shift(end, -FIRST_SLOTS)
        case SyncKind.REPAIR:
            return ledger.oldest
        case _:
            return wish.start or ledger.listed_at


def goes_back(kind: SyncKind) -> bool:
    """Whether the newest part is fetched first, because it is what people look at."""
    return kind in _NEEDS_LISTING
