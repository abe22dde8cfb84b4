"""Pages of candles as text that PostgreSQL writes: what a client asked for, and nothing else, in one statement."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from typing_extensions import override

from domain.paging import Reading
from domain.records import SeriesVersion
from domain.storage import replica, template, totals, views
from domain.storage.series import Series
from domain.storage.template import CandleValue, Template
from domain.storage.window import Window
from domain.timerange import TimeRange
from domain.view import View


@dataclass(frozen=True, slots=True)
class PageQuery:
    """At most `limit` candles of [start, end) in a list of [list_start, list_end), as they are to be seen at `now`.

    Of a series as of a `version`, or later. `earlier_end` and `later_start` bound the parts of the list that lie before
    and behind [start, end).
    """

    pair_id: UUID
    series: int
    version: int
    start: datetime
    end: datetime
    limit: int
    list_start: datetime
    list_end: datetime
    earlier_end: datetime
    later_start: datetime
    now: datetime = field(compare=False, repr=False)

    @override
    def __hash__(self) -> int:
        """Of what tells most pages apart: to look at all of it takes long."""
        return hash((self.series, self.version, self.start, self.end))

    @classmethod
    def of(cls, series: Series, reading: Reading, asked: TimeRange, now: datetime) -> "PageQuery":
        nowhere = asked.start if reading.is_newest else asked.end
        window = reading.window or TimeRange(nowhere, nowhere)
        earlier_end = reading.earlier.end if reading.earlier else asked.start
        later_start = reading.later.start if reading.later else asked.end
        around = (asked.start, asked.end, earlier_end, later_start)
        return cls(series.pair_id, *series.known, window.start, window.end, reading.limit, *around, now)


@dataclass(frozen=True, slots=True)
class Rendering:
    """What to make of pages: a list by each template, and whether anything else is asked of them."""

    view: View
    templates: tuple[Template, ...]
    is_newest: bool
    asks_count: bool = False
    asks_neighbours: bool = False
    asks_total: bool = False


@dataclass(frozen=True, slots=True)
class RenderedPage:
    """`texts` are JSON lists of the candles, one a template; the others are None or false where nobody asked.

    `first` and `last` are open times. `has_more` tells that [start, end) holds more than the page, the other two that
    the list does outside of it; these five come with the neighbours.
    """

    has_earlier: bool
    has_later: bool
    has_more: bool
    total: int | None
    count: int | None
    first: datetime | None
    last: datetime | None
    texts: tuple[str, ...]


# A list for each type, with the values of one query after those of the other: lists take the driver long.
_REQUESTS: Final = """(
    SELECT
        place, ($1::uuid[])[place] AS pair_id,
        ($2::int[])[2 * place - 1] AS series, ($2::int[])[2 * place] AS page_limit,
        ($3::timestamptz[])[7 * place - 6] AS page_start, ($3::timestamptz[])[7 * place - 5] AS page_end,
        ($3::timestamptz[])[7 * place - 4] AS list_start, ($3::timestamptz[])[7 * place - 3] AS list_end,
        ($3::timestamptz[])[7 * place - 2] AS earlier_end, ($3::timestamptz[])[7 * place - 1] AS later_start,
        ($3::timestamptz[])[7 * place] AS now
    FROM generate_series(1, cardinality($1::uuid[])) AS place
) AS r"""
_NOW: Final = "r.now"
_REMEMBERED: Final = 256  # statements, of some kilobytes each
_FIRST_TEXT: Final = 4  # parameters before the templates' are those of the requests

_PAGE: Final = Window("r.series", "r.page_start", "r.page_end", "r.page_limit", _NOW)
_LIST: Final = Window("r.series", "r.list_start", "r.list_end", "NULL", _NOW)
_EARLIER: Final = replace(_LIST, end="r.earlier_end")
_LATER: Final = replace(_LIST, start="r.later_start")
_MORE_AHEAD: Final = replace(_PAGE, end="coalesce(page.first, r.page_end)")
_MORE_BEHIND: Final = replace(_PAGE, start="coalesce(page.last + interval '1 microsecond', r.page_start)")


@lru_cache(maxsize=_REMEMBERED)
def _statement(
    view: View,
    values: tuple[tuple[CandleValue, ...], ...],
    *,
    is_newest: bool,
    asks_count: bool,
    asks_neighbours: bool,
    asks_total: bool,
) -> str:
    """For every rendering with the same questions and values; what it has of texts are parameters."""
    more = _MORE_AHEAD if is_newest else _MORE_BEHIND
    neighbours = ", ".join(views.holds_rows(view, window) for window in (_EARLIER, _LATER, more))
    facts = _facts(asks_count=asks_count, asks_ends=asks_neighbours)
    return f"""
        SELECT
            {neighbours if asks_neighbours else "FALSE, FALSE, FALSE"},
            {totals.total(view, _LIST) if asks_total else "NULL::bigint"},
            page.*
        FROM {_REQUESTS}
        CROSS JOIN LATERAL (
            SELECT {", ".join([*facts, *_texts(values)])}
            FROM ({views.rows(view, _PAGE, is_newest=is_newest)}) AS c
            GROUP BY ()
        ) AS page
        ORDER BY r.place
    """


def _facts(*, asks_count: bool, asks_ends: bool) -> Iterator[str]:
    yield "count(*)" if asks_count else "NULL::bigint"
    for aggregate, name in (("min", "first"), ("max", "last")):
        yield f"{aggregate}(c.timestamp) AS {name}" if asks_ends else "NULL::timestamptz"


def _texts(values: tuple[tuple[CandleValue, ...], ...]) -> Iterator[str]:
    parameter = _FIRST_TEXT
    for of_template in values:
        yield template.listed(of_template, parameter)
        parameter += template.parameters_of(of_template)


def _lists(queries: Sequence[PageQuery]) -> tuple[list[UUID], list[int], list[datetime]]:
    numbers, instants = list[int](), list[datetime]()
    for query in queries:
        numbers += (query.series, query.limit)
        instants += (query.start, query.end, query.list_start, query.list_end)
        instants += (query.earlier_end, query.later_start, query.now)
    return [query.pair_id for query in queries], numbers, instants


async def render(queries: Sequence[PageQuery], rendering: Rendering) -> list[RenderedPage]:
    """A page for each query, in their order, by one statement."""
    statement = _statement(
        rendering.view,
        tuple(one.values for one in rendering.templates),
        is_newest=rendering.is_newest,
        asks_count=rendering.asks_count,
        asks_neighbours=rendering.asks_neighbours,
        asks_total=rendering.asks_total,
    )
    texts = [text for one in rendering.templates for text in one.parameters]
    known = [SeriesVersion(query.series, query.version) for query in queries]
    rows = await replica.first(known, lambda db: db.fetch(statement, *_lists(queries), *texts))
    return [_page(rendering.templates, *row) for row in rows]


def _page(templates: Sequence[Template], *row: Any) -> RenderedPage:
    has_earlier, has_later, has_more, total, count, first, last, *texts = row
    lists = tuple(one.finished(text) for one, text in zip(templates, texts, strict=True))
    return RenderedPage(has_earlier, has_later, has_more, total, count, first, last, lists)
