"""Pages of candles as text that PostgreSQL writes: what a client asked for, and nothing else, in one statement."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from domain.database import connection
from domain.models import Pair
from domain.paging import Reading
from domain.timerange import TimeRange

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
    def of(cls, pair: Pair, reading: Reading, asked: TimeRange) -> "PageQuery":
        nowhere = asked.start if reading.is_newest else asked.end
        window = reading.window or TimeRange(nowhere, nowhere)
        earlier_end = reading.earlier.end if reading.earlier else asked.start
        later_start = reading.later.start if reading.later else asked.end
        around = (asked.start, asked.end, earlier_end, later_start)
        return cls(pair.id, pair.series, window.start, window.end, reading.limit, *around)


@dataclass(frozen=True, slots=True)
class Rendering:
    """What to make of pages: a text of each template, and whether neighbours and the whole list's length are asked."""

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
_FIRST_TEMPLATE: Final = 10

_CANDLES: Final = (
    "SELECT * FROM candles WHERE series = r.series AND timestamp >= r.page_start AND timestamp < r.page_end"
)
_OLDEST: Final = f"{_CANDLES} ORDER BY timestamp LIMIT r.page_limit"
_NEWEST: Final = f"SELECT * FROM ({_CANDLES} ORDER BY timestamp DESC LIMIT r.page_limit) AS n ORDER BY timestamp"

_EXISTS: Final = "EXISTS (SELECT FROM candles WHERE series = r.series AND timestamp >= {start} AND timestamp < {end})"
_EARLIER: Final = _EXISTS.format(start="r.list_start", end="r.earlier_end")
_LATER: Final = _EXISTS.format(start="r.later_start", end="r.list_end")
_MORE_AHEAD: Final = _EXISTS.format(start="r.page_start", end="coalesce(page.first, r.page_end)")
_MORE_BEHIND: Final = _EXISTS.format(
    start="coalesce(page.last + interval '1 microsecond', r.page_start)", end="r.page_end"
)
_TOTAL: Final = """(
    SELECT count(*) FROM candles WHERE series = r.series AND timestamp >= r.list_start AND timestamp < r.list_end
)"""

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
}


def _statement(rendering: Rendering) -> str:
    more = _MORE_AHEAD if rendering.is_newest else _MORE_BEHIND
    texts = [_text(_FIRST_TEMPLATE + place, template) for place, template in enumerate(rendering.templates)]
    return f"""
        SELECT
            {f"{_EARLIER}, {_LATER}, {more}" if rendering.asks_neighbours else "FALSE, FALSE, FALSE"},
            {_TOTAL if rendering.asks_total else "NULL::bigint"},
            page.*
        FROM {_REQUESTS}
        CROSS JOIN LATERAL (
            SELECT {", ".join(["count(*)", "min(c.timestamp) AS first", "max(c.timestamp) AS last", *texts])}
            FROM ({_NEWEST if rendering.is_newest else _OLDEST}) AS c
        ) AS page
        ORDER BY r.place
    """


def _text(parameter: int, template: str) -> str:
    """What a template does not name is not worked out."""
    values = ", ".join(value if name in template else "NULL" for name, value in _VALUES.items())
    return f"coalesce(string_agg(format(${parameter}, {values}), ','), '')"


async def render(queries: Sequence[PageQuery], rendering: Rendering) -> list[RenderedPage]:
    """A page for each query, in their order, by one statement."""
    columns = [list(column) for column in zip(*map(astuple, queries), strict=True)]
    async with connection() as db:
        rows = await db.fetch(_statement(rendering), *columns, *rendering.templates)
    return [_page(tuple(row)) for row in rows]


def _page(row: tuple[Any, ...]) -> RenderedPage:
    has_earlier, has_later, has_more, total, count, first, last, *texts = row
    return RenderedPage(has_earlier, has_later, has_more, total, count, first, last, tuple(texts))
