"""Reading a symbol on several exchanges at once: which series take part, and how much may be read of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from domain.errors import BadInputError, NotFoundError
from domain.interval import Interval
from domain.paging import Reading
from domain.source_interval import source_interval
from domain.storage import series
from domain.storage.aligned import Aligned
from domain.storage.series import Series
from domain.timerange import TimeRange

# Candles of all series together, at the interval asked for.
MAX_CANDLES: Final = 50_000


async def members(symbol: str, asked: Interval, exchanges: Sequence[str] | None = None) -> dict[str, Series]:
    """By exchange, in the order asked for, else by name: the series that answers there for the interval.

    NotFoundError where an exchange keeps nothing of the symbol, BadInputError where nothing it keeps divides the
    interval; without exchanges, where that holds for all of them.
    """
    kept = await series.of_symbol(symbol)
    if exchanges is None:
        return _all(kept, asked)
    _check_names(exchanges)
    return {name: _answering(_kept_on(kept, exchanges, place), asked) for place, name in enumerate(exchanges)}


def _all(kept: Mapping[str, Sequence[Series]], asked: Interval) -> dict[str, Series]:
    if not kept:
        raise NotFoundError("Nothing is collected under this symbol; the query pairs lists what is.")
    able = {name: of for name, of in kept.items() if any(one.interval.divides(asked) for one in of)}
    if not able:
        _answering([one for of in kept.values() for one in of], asked)
    return {name: _answering(of, asked) for name, of in able.items()}


def _check_names(exchanges: Sequence[str]) -> None:
    if not exchanges:
        raise BadInputError("exchanges is empty: name some, or leave it out for all that have the symbol.")
    if len(set(exchanges)) < len(exchanges):
        raise BadInputError("exchanges names one of them twice.")


def _kept_on(kept: Mapping[str, Sequence[Series]], exchanges: Sequence[str], place: int) -> Sequence[Series]:
    if found := kept.get(exchanges[place]):
        return found
    told = f"Nothing is collected under this symbol on exchange {place + 1} of those named"
    raise NotFoundError(f"{told}; the query pairs lists what is.")


def _answering(kept: Sequence[Series], asked: Interval) -> Series:
    stored = {one.interval: one for one in kept}
    return stored[source_interval(asked, stored)]


def aligned(members: Sequence[Series], asked: Interval, reading: Reading, now: datetime) -> Aligned:
    """BadInputError where that would be too many candles."""
    if reading.limit * len(members) > MAX_CANDLES:
        most = MAX_CANDLES // len(members)
        raise BadInputError(f"limit is more than {most}, which is the most for {len(members)} exchanges at once.")
    within = reading.window or TimeRange(now, now)
    return Aligned(members, asked, within, reading.limit, reading.is_newest, now)
