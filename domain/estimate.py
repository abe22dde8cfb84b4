"""What collecting would take, as far as it can be known without asking an exchange."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final, Self

from domain.interval import Interval
from domain.models import SyncKind
from domain.plan import Wish, needs_listing, wanted
from domain.records import Exchange
from domain.storage.ledger import Ledger
from domain.timerange import TimeRange

# Where nothing is known of an exchange: hardly any has older candles.
_EARLIEST: Final = datetime(2011, 1, 1, tzinfo=UTC)

# Slots a request where no worker has said what the exchange answers.
_CAREFUL_PAGE_LIMIT: Final = 100


@dataclass(frozen=True, slots=True)
class Estimate:
    """`slots` to cover with so many `requests`, for which the exchange's rate limit takes `seconds`.

    `is_upper_bound` tells that it is not known yet how far back the exchange goes.
    """

    slots: int = 0
    requests: int = 0
    seconds: float = 0.0
    is_upper_bound: bool = False

    @classmethod
    def total(cls, parts: Iterable[Self]) -> Self:
        found = list(parts)
        return cls(
            sum(part.slots for part in found),
            sum(part.requests for part in found),
            sum(part.seconds for part in found),
            any(part.is_upper_bound for part in found),
        )


@dataclass(frozen=True, slots=True)
class Prospect:
    """A job that may be: what it wants, what is covered, and the best guess at the first candle."""

    wish: Wish
    ledger: Ledger
    step: Interval
    earliest: datetime | None
    is_forced: bool = False


def estimate(exchange: Exchange, prospect: Prospect) -> Estimate:
    """What the job would take of the exchange."""
    page_limit = exchange.page_limit or _CAREFUL_PAGE_LIMIT
    missing = _missing(exchange, prospect)
    slots = sum(prospect.step.slots_between(part.start, part.end) for part in missing)
    requests = _requests(missing, prospect.step, page_limit)
    milliseconds = exchange.rate_limit if exchange.page_milliseconds is None else exchange.page_milliseconds
    guesses = needs_listing(prospect.wish, prospect.ledger) and exchange.history_slots is None
    return Estimate(slots, requests, requests * milliseconds / 1000, guesses)


def _missing(exchange: Exchange, prospect: Prospect) -> Sequence[TimeRange]:
    ledger, step = prospect.ledger, prospect.step
    if needs_listing(prospect.wish, ledger):
        ledger = replace(ledger, listed_at=prospect.earliest or _EARLIEST)
    rest = wanted(prospect.wish, ledger, step)
    parts = [rest] if rest else []
    if rest and exchange.history_slots and step.slots_between(rest.start, prospect.wish.now) > exchange.history_slots:
        parts = rest.without(TimeRange(rest.start, step.shift(prospect.wish.now, -exchange.history_slots)))
    asks_again = prospect.is_forced or prospect.wish.kind is SyncKind.FORWARD
    for known in () if asks_again else ledger.covered:
        parts = [piece for part in parts for piece in part.without(known)]
    return parts


def _requests(parts: Sequence[TimeRange], step: Interval, page_limit: int) -> int:
    """Pages for parts that are oldest first; one page holds as many as lie within its slots."""
    pages, reached = 0, None
    for part in parts:
        start = max(part.start, reached or part.start)
        more = -(-step.slots_between(start, part.end) // page_limit)
        if more:
            pages, reached = pages + more, step.shift(start, more * page_limit)
    return pages
