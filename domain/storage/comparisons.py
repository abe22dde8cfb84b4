"""How far exchanges are apart, slot by slot."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from domain.storage.aligned import Aligned

# Digits behind the point of a spread's share of the price.
_SHARE_DIGITS: Final = 10


@dataclass(frozen=True, slots=True)
class ComparedColumns:
    """A value a slot, None where the series has no candle."""

    open: Sequence[str | None]
    high: Sequence[str | None]
    low: Sequence[str | None]
    close: Sequence[str | None]
    volume: Sequence[str | None]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A value a slot, oldest first; `time` in seconds since 1970. `series` are in the order asked for."""

    time: Sequence[int]
    median: Sequence[str]
    spread: Sequence[str]
    relative_spread: Sequence[str | None]
    is_complete: Sequence[bool]
    series: Sequence[ComparedColumns]


def median(ordered: str) -> str:
    """The exact median of an ordered array of numeric, as SQL."""
    count = f"cardinality({ordered})"
    return f"trim_scale(({ordered}[({count} + 1) / 2] + {ordered}[{count} / 2 + 1]) * 0.5)"


def _column(price: str) -> str:
    return f"array_agg(c.{price}::text ORDER BY w.place) AS {price}s"


_COLUMNS: Final = ", ".join(map(_column, ("open", "high", "low", "close", "volume")))
_COMPARE: Final = f"""
, closes AS (
    SELECT
        opens, array_agg(close ORDER BY close) AS ordered, max(close) - min(close) AS spread,
        bool_and(is_complete) AND count(*) = (SELECT count(*) FROM wanted) AS is_complete
    FROM candle GROUP BY opens
),
middle AS (SELECT *, {median("ordered")} AS median FROM closes)
SELECT
    extract(epoch FROM m.opens)::bigint, m.median::text, m.spread::text,
    trim_scale(round(m.spread / nullif(abs(m.median), 0), {_SHARE_DIGITS}))::text, m.is_complete,
    s.opens, s.highs, s.lows, s.closes, s.volumes
FROM middle AS m JOIN (
    SELECT slot.opens AS slot, {_COLUMNS}
    FROM slot CROSS JOIN wanted AS w LEFT JOIN candle AS c ON c.opens = slot.opens AND c.place = w.place
    GROUP BY slot.opens
) AS s ON s.slot = m.opens
ORDER BY m.opens
"""


async def compare(aligned: Aligned) -> Comparison:
    rows = await aligned.rows(_COMPARE)
    if not rows:
        nothing = ComparedColumns((), (), (), (), ())
        return Comparison((), (), (), (), (), [nothing] * len(aligned.series))
    time, median, spread, relative, is_complete, *prices = zip(*rows, strict=True)
    of_series = zip(*(zip(*column, strict=True) for column in prices), strict=True)
    return Comparison(time, median, spread, relative, is_complete, [ComparedColumns(*each) for each in of_series])
