"""Long lists of candles as text that PostgreSQL writes, a stretch of them a statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

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


@dataclass(frozen=True, slots=True)
class Reach:
    """How many candles there are, and the open time of the first one; None where there is none."""

    count: int
    first: datetime | None


_WINDOW: Final = Window("asked.series", "asked.range_start", "asked.range_end", "asked.row_limit", "asked.now")
_ASKED: Final = """
    (SELECT $1::int, $2::timestamptz, $3::timestamptz, $4::int, $5::timestamptz)
        AS asked (series, range_start, range_end, row_limit, now)
"""
_IS_THERE: Final = "EXISTS (SELECT FROM coin_exchanges AS p WHERE p.series = $1)"
_FIRST_TEXT: Final = 6  # parameters before the template's are those of the window


@lru_cache(maxsize=256)  # statements, of some kilobytes each
def _oldest(view: View, values: tuple[CandleValue, ...]) -> str:
    return f"""
        SELECT {_IS_THERE}, {template.lines(values, _FIRST_TEXT)}, count(c.timestamp), max(c.timestamp)
        FROM {_ASKED} CROSS JOIN LATERAL ({views.rows(view, _WINDOW, is_newest=False)}) AS c
    """


@lru_cache(maxsize=256)
def _newest(view: View) -> str:
    return f"""
        SELECT {_IS_THERE}, count(c.timestamp), min(c.timestamp)
        FROM {_ASKED} CROSS JOIN LATERAL ({views.rows(view, _WINDOW, is_newest=True)}) AS c
    """


async def read(
    known: SeriesVersion, view: View, within: TimeRange, limit: int, line: Template, now: datetime
) -> Stretch:
    """The oldest candles of a range, at most `limit`. NotFoundError for a series that is gone."""
    asked = (known.series, within.start, within.end, limit, now, *line.texts)
    text, count, last = await _answer(known, _oldest(view, line.values), asked)
    return Stretch(line.finished(text), count, last)


async def reach(known: SeriesVersion, view: View, within: TimeRange, limit: int, now: datetime) -> Reach:
    """How far the newest candles of a range go back, at most `limit`. NotFoundError for a series that is gone."""
    return Reach(*await _answer(known, _newest(view), (known.series, within.start, within.end, limit, now)))


async def _answer(known: SeriesVersion, statement: str, values: Sequence[object]) -> Sequence[Any]:
    row = await replica.first([known], lambda db: db.fetchrow(statement, *values))
    is_there, *found = row or (False,)
    if not is_there:
        raise NotFoundError("The pair was removed.")
    return found
