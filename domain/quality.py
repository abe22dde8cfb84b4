"""Whether candles are plausible: what is checked against what, and what comes of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from domain import paging
from domain.clock import EPOCH
from domain.errors import BadInputError
from domain.interval import Interval, interval
from domain.records import Pair
from domain.storage import flaws, series
from domain.storage.flaws import Checked, Subject
from domain.storage.series import Series
from domain.timerange import TimeRange

# Candles of a finer interval that one check resamples: half a second's work.
_MAX_FINER_CANDLES: Final = 250_000

# Exchanges whose median a candle is compared with; more would not make it truer.
_MAX_OTHERS: Final = 9


@dataclass(frozen=True, slots=True)
class Check:
    """A range of a pair's slots, what it was compared with, and what was found."""

    within: TimeRange | None
    finer: Interval | None
    coarser: Interval | None
    others: tuple[str, ...]
    checked: Checked

    @property
    def score(self) -> float | None:
        """0 to 100; None where there is no candle."""
        if not self.checked.candles:
            return None
        return 100 * max(0.0, 1 - self.checked.flawed / self.checked.candles)


async def check(pair: Pair, start: datetime | None, end: datetime | None, max_candles: int, now: datetime) -> Check:
    """BadInputError where the range holds more than can be checked at once; without a start, the latest that can."""
    paging.check_order(start, end)
    kept = await series.of_symbol(pair.symbol)
    step = interval(pair.timeframe.interval)
    siblings = kept.get(pair.exchange.name, [])
    finer, coarser = _finer(siblings, step), _coarser(siblings, step)
    others = _others({name: of for name, of in kept.items() if name != pair.exchange.name}, step)
    within = _within(step, start, min(end or now, now), _most(step, finer, max_candles))
    if within is None:
        return Check(None, None, None, (), Checked(0, 0, 0, []))
    subject = Subject(Series.of(pair), within, finer, coarser, list(others.values()), now)
    found = await flaws.find(subject)
    return Check(within, finer.interval if finer else None, coarser.interval if coarser else None, tuple(others), found)


def _finer(kept: list[Series], step: Interval) -> Series | None:
    """The coarsest series whose candles make up those of the interval."""
    able = [one for one in kept if one.interval.seconds < step.seconds and one.interval.divides(step)]
    return max(able, key=lambda one: (one.interval.seconds, one.interval.text), default=None)


def _coarser(kept: list[Series], step: Interval) -> Series | None:
    """The finest series whose candles are made up of those of the interval: it tells most exactly where they differ."""
    able = [one for one in kept if one.interval.seconds > step.seconds and step.divides(one.interval)]
    return min(able, key=lambda one: (one.interval.seconds, one.interval.text), default=None)


def _others(kept: dict[str, list[Series]], step: Interval) -> dict[str, Series]:
    same = {name: one for name, of in kept.items() for one in of if one.interval == step}
    return dict(list(same.items())[:_MAX_OTHERS])


def _most(step: Interval, finer: Series | None, max_candles: int) -> int:
    """Slots that can be checked at once."""
    return min(max_candles, _MAX_FINER_CANDLES * finer.interval.seconds // step.seconds) if finer else max_candles


def _within(step: Interval, start: datetime | None, end: datetime, most: int) -> TimeRange | None:
    closes = step.ceil(end)
    opens = step.ceil(min(start, closes)) if start else _before(step, closes, most)
    if step.slots_between(opens, closes) > most:
        raise BadInputError(
            f"This range holds more than {most} slots, which can be checked at once: narrow from and to."
        )
    return TimeRange.of(opens, closes)


def _before(step: Interval, closes: datetime, slots: int) -> datetime:
    """That many slots earlier, or as early as there can be candles."""
    return step.shift(closes, -slots) if closes - EPOCH > slots * step.length else step.ceil(EPOCH)
