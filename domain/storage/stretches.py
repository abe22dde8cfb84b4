"""Long lists of candles as text that PostgreSQL writes, a stretch of them a statement."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

from domain.errors import NotFoundError
from domain.records import SeriesVersion
from domain.storage import replica, template, views
from domain.storage.template import CandleValue, Template
from domain.storage.window import Window
from domain.timerange import TimeRange
from domain.view import View


@dataclass(frozen=True, slots=True)
class Stretch:
    """Candles as text, oldest first; `last` is the open time of the last one, None where there is none."""

    text: str
    count: int
    last: datetime | None


_WINDOW: Final = Window("asked.series", "asked.range_start", "asked.range_end", "asked.row_limit", "asked.now")
_FIRST_TEXT: Final = 6  # parameters before the template's are those of the window


@lru_cache(maxsize=256)  # statements, of some kilobytes each
def _statement(view: View, values: tuple[CandleValue, ...]) -> str:
    return f"""
        SELECT
            EXISTS (SELECT FROM coin_exchanges AS p WHERE p.series = $1),
            {template.lines(values, _FIRST_TEXT)}, count(c.timestamp), max(c.timestamp)
        FROM (SELECT $1::int, $2::timestamptz, $3::timestamptz, $4::int, $5::timestamptz)
            AS asked (series, range_start, range_end, row_limit, now)
        CROSS JOIN LATERAL ({views.rows(view, _WINDOW, is_newest=False)}) AS c
    """


async def read(
    known: SeriesVersion, view: View, within: TimeRange, limit: int, line: Template, now: datetime
) -> Stretch:
    """The oldest candles of a range, at most `limit`. NotFoundError for a series that is gone."""
    statement = _statement(view, line.values)
    values = (known.series, within.start, within.end, limit, now, *line.texts)
    row = await replica.first([known], lambda db: db.fetchrow(statement, *values))
    is_there, text, count, last = row or (False, "", 0, None)
    if not is_there:
        raise NotFoundError("The pair was removed.")
    return Stretch(line.finished(text), count, last)
