"""One series out of several: prices by the volume that was traded at them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from domain.storage.aligned import Aligned


@dataclass(frozen=True, slots=True)
class Weighted:
    """A value a slot, oldest first; `time` in seconds since 1970.

    `contributors` counts the series whose candle has a volume or, where none has, those that have a candle.
    """

    time: Sequence[int]
    open: Sequence[str]
    high: Sequence[str]
    low: Sequence[str]
    close: Sequence[str]
    volume: Sequence[str]
    contributors: Sequence[int]
    is_complete: Sequence[bool]


def _mean(price: str) -> str:
    """Rounded for all four prices alike, so that none leaves the range between lowest and highest."""
    by_volume = f"sum(c.{price} * c.volume) / nullif(sum(c.volume), 0)"
    return f"round(coalesce({by_volume}, avg(c.{price})), max({_DIGITS}))::text"


_DIGITS: Final = "greatest(scale(c.open), scale(c.high), scale(c.low), scale(c.close))"
_WEIGH: Final = f"""
SELECT
    extract(epoch FROM c.opens)::bigint, {", ".join(map(_mean, ("open", "high", "low", "close")))},
    sum(c.volume)::text, coalesce(nullif(count(*) FILTER (WHERE c.volume > 0), 0), count(*))::int,
    bool_and(c.is_complete)
FROM slot JOIN candle AS c ON c.opens = slot.opens
GROUP BY c.opens ORDER BY c.opens
"""


async def weigh(aligned: Aligned) -> Weighted:
    rows = await aligned.rows(_WEIGH)
    return Weighted(*zip(*rows, strict=True)) if rows else Weighted((), (), (), (), (), (), (), ())
