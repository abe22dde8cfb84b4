"""Pages of candles as text that PostgreSQL writes: what a client asked for, and nothing else, in one statement."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from domain.database import connection
from domain.paging import Reading
from domain.storage import views
from domain.storage.series import Series
from domain.storage.window import Window
from domain.timerange import TimeRange
from domain.view import View

# What a template may name of a candle, in the notation of PostgreSQL's `format`. The instant brings its quotes.
TIMESTAMP: Final = "%1$s"
OPEN: Final = "%2$s"
HIGH: Final = "%3$s"
LOW: Final = "%4$s"
CLOSE: Final = "%5$s"
VOLUME: Final = "%6$s"
UNIX_TIME: Final = "%7$s"
CURSOR: Final = "%8$s"
CANDLE_ID: Final = "%9$s"
IS_COMPLETE: Final = "%10$s"
IS_FILLED: Final = "%11$s"


@dataclass(frozen=True, slots=True)
class PageQuery:
    """At most `limit` candles of [start, end) in a list of [list_start, list_end).

    `earlier_end` and `later_start` bound the parts of the list that lie before and behind [start, end).
    """

    pair_id: UUID
    series: int
    start: datetime
    end: datetime
    limit: int
    list_start: datetime
    list_end: datetime
    earlier_end: datetime
    later_start: datetime

    @classmethod
    def of(cls, series: Series, reading: Reading, asked: TimeRange) -> "PageQuery":
        nowhere = asked.start if reading.is_newest else asked.end
        window = reading.window or TimeRange(nowhere, nowhere)
        earlier_end = reading.earlier.end if reading.earlier else asked.start
        later_start = reading.later.start if reading.later else asked.end
        around = (asked.start, asked.end, earlier_end, later_start)
        return cls(series.pair_id, series.number, window.start, window.end, reading.limit, *around)


@dataclass(frozen=True, slots=True)
class Rendering:
    """What to make of pages: a text of each template, and whether neighbours and the whole list's length are asked.

    `view` and `now` say what there is to be seen of the candles.
    """

    view: View
    now: datetime = field(compare=False, repr=False)
    templates: tuple[str, ...]
    is_newest: bool
    asks_neighbours: bool = False
    asks_total: bool = False


@dataclass(frozen=True, slots=True)
class RenderedPage:
    """`texts` hold the candles, separated by commas, a text a template; `first` and `last` are open times.

    `has_more` tells that [start, end) holds more than the page, the other two that the list does outside of it.
    """

    has_earlier: bool
    has_later: bool
    has_more: bool
    total: int | None
    count: int
    first: datetime | None
    last: datetime | None
    texts: tuple[str, ...]


_REQUESTS: Final = """unnest(
    $1::uuid[], $2::int[], $3::timestamptz[], $4::timestamptz[], $5::int[],
    $6::timestamptz[], $7::timestamptz[], $8::timestamptz[], $9::timestamptz[]
) WITH ORDINALITY AS r (
    pair_id, series, page_start, page_end, page_limit, list_start, list_end, earlier_end, later_start, place
)"""
_NOW: Final = "present.now"
_FIRST_TEMPLATE: Final = 11

_PAGE: Final = Window("r.series", "r.page_start", "r.page_end", "r.page_limit", _NOW)
_LIST: Final = Window("r.series", "r.list_start", "r.list_end", "NULL", _NOW)
_EARLIER: Final = replace(_LIST, end="r.earlier_end")
_LATER: Final = replace(_LIST, start="r.later_start")
_MORE_AHEAD: Final = replace(_PAGE, end="coalesce(page.first, r.page_end)")
_MORE_BEHIND: Final = replace(_PAGE, start="coalesce(page.last + interval '1 microsecond', r.page_start)")

_BYTES_OF_TIME: Final = "int8send((extract(epoch FROM c.timestamp) * 1000000)::bigint)"
_VALUES: Final = {
    # ISO 8601 with a Z; `to_json` writes it several times faster than `to_char`.
    TIMESTAMP: """rtrim(to_json(c.timestamp AT TIME ZONE 'UTC')::text, '"') || 'Z"'""",
    OPEN: "c.open",
    HIGH: "c.high",
    LOW: "c.low",
    CLOSE: "c.close",
    VOLUME: "c.volume",
    UNIX_TIME: "extract(epoch FROM c.timestamp)::bigint",
    CURSOR: rf"translate(encode('\x01'::bytea || {_BYTES_OF_TIME}, 'base64'), '+/', '-_')",
    CANDLE_ID: rf"translate(encode('\x01'::bytea || uuid_send(r.pair_id) || {_BYTES_OF_TIME}, 'base64'), '+/', '-_')",
    IS_COMPLETE: "c.is_complete::text",
    IS_FILLED: "c.is_filled::text",
}


def _statement(rendering: Rendering) -> str:
    view = rendering.view
    more = _MORE_AHEAD if rendering.is_newest else _MORE_BEHIND
    neighbours = ", ".join(views.holds_rows(view, window) for window in (_EARLIER, _LATER, more))
    texts = [_text(_FIRST_TEMPLATE + place, template) for place, template in enumerate(rendering.templates)]
    return f"""
        SELECT
            {neighbours if rendering.asks_neighbours else "FALSE, FALSE, FALSE"},
            {views.total(view, _LIST) if rendering.asks_total else "NULL::bigint"},
            page.*
        FROM {_REQUESTS}
        CROSS JOIN (SELECT $10::timestamptz AS now) AS present
        CROSS JOIN LATERAL (
            SELECT {", ".join(["count(*)", "min(c.timestamp) AS first", "max(c.timestamp) AS last", *texts])}
            FROM ({views.rows(view, _PAGE, is_newest=rendering.is_newest)}) AS c
        ) AS page
        ORDER BY r.place
    """


def _text(parameter: int, template: str) -> str:
    """What a template does not name is not worked out."""
    values = ", ".join(value if name in template else "NULL" for name, value in _VALUES.items())
    return f"coalesce(string_agg(format(${parameter}, {values}), ','), '')"


async def render(queries: Sequence[PageQuery], rendering: Rendering) -> list[RenderedPage]:
    """A page for each query, in their order, by one statement."""
    columns = [[getattr(query, name) for query in queries] for name in PageQuery.__slots__]
    async with connection() as db:
        rows = await db.fetch(_statement(rendering), *columns, rendering.now, *rendering.templates)
    return [_page(tuple(row)) for row in rows]


def _page(row: tuple[Any, ...]) -> RenderedPage:
    has_earlier, has_later, has_more, total, count, first, last, *texts = row
    return RenderedPage(has_earlier, has_later, has_more, total, count, first, last, tuple(texts))
