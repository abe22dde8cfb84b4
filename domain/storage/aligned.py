"""Candles of several series side by side, in SQL: those that open in one slot belong together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from asyncpg import Record

from domain.interval import Interval
from domain.storage import buckets, replica
from domain.storage.series import Series
from domain.storage.window import Window
from domain.timerange import TimeRange
from domain.view import View


@dataclass(frozen=True, slots=True)
class Aligned:
    """The first or the newest `limit` slots of a range in which any of the series has a candle.

    All of the series are seen at `step`, which the intervals that they are stored at divide.
    """

    series: Sequence[Series]
    step: Interval
    within: TimeRange
    limit: int
    is_newest: bool
    now: datetime

    async def rows(self, select: str) -> Sequence[Record]:
        """What is selected of three tables.

        `wanted` has the series in their order, by `place`; `candle` their candles, by `place` and `opens`, with
        open, high, low, close, volume and is_complete; `slot` the slots, by `opens`.
        """
        numbers, stored = [one.number for one in self.series], [one.interval.text for one in self.series]
        asked = (numbers, stored, self.within.start, self.within.end, self.limit, self.now)
        statement = f"WITH {self._tables()} {select}"
        return await replica.first([one.known for one in self.series], lambda db: db.fetch(statement, *asked))

    def _tables(self) -> str:
        views = [View(self.step, stored) for stored in sorted({one.interval for one in self.series}, key=str)]
        candles = " UNION ALL ".join(_candles(view, is_newest=self.is_newest) for view in views)
        return f"""
            wanted AS MATERIALIZED (
                SELECT * FROM unnest($1::int[], $2::text[]) WITH ORDINALITY AS w (series, stored, place)
            ),
            candle AS MATERIALIZED ({candles}),
            slot AS MATERIALIZED (
                SELECT DISTINCT opens FROM candle ORDER BY opens {"DESC" if self.is_newest else "ASC"} LIMIT $5
            )
        """


_WINDOW: Final = Window("wanted.series", "$3::timestamptz", "$4::timestamptz", "$5::int", "$6::timestamptz")


def _candles(view: View, *, is_newest: bool) -> str:
    """Buckets also where the interval is stored as it is: a candle that is off the grid belongs to its slot."""
    return f"""
        SELECT
            wanted.place, b.timestamp AS opens, b.open, b.high, b.low, b.close, b.volume,
            coalesce(b.is_complete, false) AS is_complete
        FROM wanted CROSS JOIN LATERAL ({buckets.rows(view, _WINDOW, is_newest=is_newest)}) AS b
        WHERE wanted.stored = '{view.stored}'
    """
