"""What the ledger says, held against the candles that are there, and set right where it says too much."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from asyncpg import Record

from domain.database import connection, transaction
from domain.interval import Interval, interval
from domain.storage import grid
from domain.timerange import TimeRange, from_postgres, to_postgres

# Seconds that a batch of series may take to be counted on a slow disk; elsewhere it is a second or two.
_COUNT_SECONDS: Final = 600


@dataclass(frozen=True, slots=True)
class Holding:
    """A pair and how many candles it believes to have."""

    pair_id: UUID
    exchange: str
    symbol: str
    interval: Interval
    series: int
    candle_count: int

    def __str__(self) -> str:
        return f"{self.exchange} {self.symbol} {self.interval}"


_HOLDINGS: Final = """
SELECT p.id, e.name, p.symbol, t.interval, p.series, p.candle_count
FROM coin_exchanges AS p
JOIN exchanges AS e ON e.id = p.exchange_id
JOIN timeframes AS t ON t.id = p.timeframe_id
ORDER BY e.name, p.symbol, t.minutes, p.series
"""


async def holdings() -> list[Holding]:
    """All pairs by exchange, symbol and length of the interval."""
    async with connection() as db:
        rows = await db.fetch(_HOLDINGS)
    return [
        Holding(row["id"], row["name"], row["symbol"], interval(row["interval"]), row["series"], row["candle_count"])
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class Count:
    """A series at one instant. `stray` candles lie outside of what is covered, within `strays`.

    `claims_all_time` tells whether the ledger covers a range without a beginning or an end.
    """

    candle_count: int
    inside: int
    stray: int
    strays: TimeRange | None
    covered: list[TimeRange]
    claims_all_time: bool
    covered_until: datetime | None

    @property
    def total(self) -> int:
        return self.inside + self.stray

    def silent_slots(self, step: Interval) -> int:
        """Covered slots without a candle."""
        return max(0, sum(step.slots_between(part.start, part.end) for part in self.covered) - self.inside)


_IN_SPAN: Final = """
FROM candles AS c
WHERE c.series = p.series AND c.timestamp >= coalesce(lower(span), '-infinity')
    AND c.timestamp < coalesce(upper(span), 'infinity')
"""
_COUNT: Final = f"""
SELECT p.series, p.candle_count, p.covered, coalesce(inside.count, 0) AS inside,
    coalesce(stray.count, 0) AS stray, stray.first, stray.last,
    lower_inf(p.covered) OR upper_inf(p.covered) AS claims_all_time, upper(p.covered) AS covered_until
FROM coin_exchanges AS p
CROSS JOIN LATERAL (
    SELECT sum(part.count)::bigint AS count
    FROM unnest(p.covered) AS span CROSS JOIN LATERAL (SELECT count(*) {_IN_SPAN}) AS part
) AS inside
CROSS JOIN LATERAL (
    SELECT sum(part.count)::bigint AS count, min(part.first) AS first, max(part.last) AS last
    FROM unnest('{{(,)}}'::tstzmultirange - p.covered) AS span
    CROSS JOIN LATERAL (SELECT count(*), min(c.timestamp) AS first, max(c.timestamp) AS last {_IN_SPAN}) AS part
) AS stray
WHERE p.series = ANY($1::int[])
"""


async def count(holdings: Sequence[Holding]) -> dict[int, Count]:
    """Reads the key of each of their candles once."""
    steps = {holding.series: holding.interval for holding in holdings}
    async with transaction() as db:
        await db.execute("SET LOCAL statement_timeout = 0")
        rows = await db.fetch(_COUNT, list(steps), timeout=_COUNT_SECONDS)
    return {row["series"]: _read(row, steps[row["series"]]) for row in rows}


def _read(row: Record, step: Interval) -> Count:
    strays = TimeRange(step.floor(row["first"]), step.next(row["last"])) if row["stray"] else None
    counts = (row["candle_count"], row["inside"], row["stray"])
    return Count(*counts, strays, from_postgres(row["covered"]), row["claims_all_time"], row["covered_until"])


_LOCK: Final = "SELECT FROM coin_exchanges WHERE series = $1 FOR UPDATE"
_RECOUNT: Final = """
UPDATE coin_exchanges
SET candle_count = (SELECT count(*) FROM candles WHERE series = $1), version = version + 1, updated_at = now()
WHERE series = $1
"""


async def recount(holding: Holding) -> None:
    """Makes the count that of the candles. Whoever remembers pages of the series forgets them."""
    async with transaction() as db:
        await db.execute("SET LOCAL statement_timeout = 0")
        await db.execute(_LOCK, holding.series)  # before the statement that counts, which sees what was committed then
        await db.execute(_RECOUNT, holding.series, timeout=_COUNT_SECONDS)


_UNCOVER: Final = """
UPDATE coin_exchanges SET covered = covered - $2::tstzmultirange, updated_at = now() WHERE id = $1
"""


async def uncover(pair_id: UUID, ranges: Sequence[TimeRange]) -> None:
    """Takes back the claim that everything is known about the ranges."""
    async with connection() as db:
        await db.execute(_UNCOVER, pair_id, to_postgres(ranges))


async def uncover_silence(holding: Holding) -> TimeRange | None:
    """Takes back the claim for every covered slot without a candle; from the first to the last of them."""
    slot = grid.floor(holding.interval, "timestamp")
    held = f"""
        SELECT range_agg(tstzrange(opened, {grid.shift(holding.interval, "opened", "1")}))
        FROM (SELECT DISTINCT {slot} AS opened FROM candles WHERE series = $1) AS slots
    """
    statement = f"""
        UPDATE coin_exchanges SET covered = covered * coalesce(({held}), '{{}}'), updated_at = now()
        WHERE series = $1 RETURNING range_merge(old.covered - new.covered) AS silence
    """
    async with transaction() as db:
        await db.execute("SET LOCAL statement_timeout = 0")
        await db.execute(_LOCK, holding.series)
        silence = await db.fetchval(statement, holding.series, timeout=_COUNT_SECONDS)
    return TimeRange(silence.lower, silence.upper) if silence and silence.lower else None


_CUT: Final = """
UPDATE coin_exchanges
SET covered = covered * tstzmultirange(tstzrange(least(
        CASE WHEN lower_inf(covered) THEN coalesce(listed_at, (SELECT min(timestamp) FROM candles WHERE series = $1))
        ELSE lower(covered) END, $2
    ), $2)), updated_at = now()
WHERE series = $1
"""


async def cut(holding: Holding, end: datetime) -> None:
    """Takes back what is claimed from `end` on, and before the first candle where the claim has no beginning."""
    async with connection() as db:
        await db.execute(_CUT, holding.series, end)


_FORGET_LISTING: Final = """
UPDATE coin_exchanges SET listed_at = NULL, updated_at = now() WHERE id = $1 AND listed_at > $2
"""


async def forget_later_listing(pair_id: UUID, candle_at: datetime) -> None:
    """Of a pair that has a candle before the first one that its exchange is said to have."""
    async with connection() as db:
        await db.execute(_FORGET_LISTING, pair_id, candle_at)


# Series of the table one after the other, without a look at the rows between.
_ORPHANS: Final = """
WITH RECURSIVE held AS (
    (SELECT series FROM candles ORDER BY series LIMIT 1)
    UNION ALL
    SELECT (SELECT c.series FROM candles AS c WHERE c.series > held.series ORDER BY c.series LIMIT 1)
    FROM held WHERE held.series IS NOT NULL
)
SELECT series FROM held
WHERE series IS NOT NULL AND NOT EXISTS (SELECT FROM coin_exchanges AS p WHERE p.series = held.series)
"""


async def orphans() -> list[int]:
    """Series with candles that belong to no pair."""
    async with connection() as db:
        return [row["series"] for row in await db.fetch(_ORPHANS)]


_HIGHEST: Final = """
SELECT greatest((SELECT max(series) FROM coin_exchanges), (SELECT max(series) FROM candles))
"""
_NEXT: Final = "SELECT last_value + is_called::int FROM series"


async def reused_series() -> int | None:
    """The series that the next pair would be given although it, or a later one, is taken; None where it is free."""
    async with connection() as db:
        highest, upcoming = await db.fetchval(_HIGHEST), await db.fetchval(_NEXT)
    return upcoming if highest is not None and upcoming <= highest else None


async def skip_used_series() -> None:
    async with connection() as db:
        await db.execute(f"SELECT setval('series', greatest(({_HIGHEST}), ({_NEXT})))")
