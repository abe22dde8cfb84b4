"""What looks wrong about candles, in SQL: flaws of single slots, which make a finding where they are adjacent."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Final

from asyncpg import Record

from domain.interval import Interval
from domain.storage import grid, replica, resampling
from domain.storage.comparisons import median
from domain.storage.series import Series
from domain.storage.window import Window
from domain.timerange import TimeRange
from domain.view import View

# Findings of one check that are told.
MAX_FINDINGS: Final = 100

# A change of the close is a jump from this share of the price on, and so many times the median change.
_JUMP_SHARE: Final = 0.02
_JUMP_TIMES: Final = 20

# A jump is a spike where the next candle is back within this part of it.
_BACK_SHARE: Final = 0.1

# Candles without volume in a row, from which on they are a finding.
_IDLE_CANDLES: Final = 10

# Shares of the other exchanges' median from which on a close is off, and far off.
_OFF_SHARE: Final = 0.01
_FAR_OFF_SHARE: Final = 0.05


class FlawKind(Enum):
    """`MISSING` comes from another interval, `RESAMPLED_…` from a finer one, and `COARSER_…` from a coarser one."""

    MISSING = "MISSING"
    RESAMPLED_PRICE = "RESAMPLED_PRICE"
    RESAMPLED_VOLUME = "RESAMPLED_VOLUME"
    COARSER_PRICE = "COARSER_PRICE"
    COARSER_VOLUME = "COARSER_VOLUME"
    JUMP = "JUMP"
    SPIKE = "SPIKE"
    ZERO_VOLUME = "ZERO_VOLUME"
    OFF_MEDIAN = "OFF_MEDIAN"
    FAR_OFF_MEDIAN = "FAR_OFF_MEDIAN"


class Severity(Enum):
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"


SEVERITIES: Final = {
    FlawKind.MISSING: Severity.ERROR,
    FlawKind.RESAMPLED_PRICE: Severity.ERROR,
    FlawKind.RESAMPLED_VOLUME: Severity.WARNING,
    FlawKind.COARSER_PRICE: Severity.WARNING,
    FlawKind.COARSER_VOLUME: Severity.WARNING,
    FlawKind.JUMP: Severity.WARNING,
    FlawKind.SPIKE: Severity.ERROR,
    FlawKind.ZERO_VOLUME: Severity.INFO,
    FlawKind.OFF_MEDIAN: Severity.WARNING,
    FlawKind.FAR_OFF_MEDIAN: Severity.ERROR,
}


@dataclass(frozen=True, slots=True)
class Subject:
    """The slots of a series to look at, from one open time to another, and the series to compare it with."""

    series: Series
    within: TimeRange
    finer: Series | None
    coarser: Series | None
    others: Sequence[Series]
    now: datetime


@dataclass(frozen=True, slots=True)
class Finding:
    """Adjacent slots with one kind of flaw; `share` is the largest one of the price or volume, where there is one."""

    kind: FlawKind
    range: TimeRange
    slots: int
    share: Decimal | None


@dataclass(frozen=True, slots=True)
class Checked:
    """How many candles were looked at, how much weighs against them, and the worst of so many findings.

    A slot weighs up to 1 for each kind of flaw that it has.
    """

    candles: int
    flawed: float
    found: int
    findings: Sequence[Finding]


# How much a slot weighs against a series. A market without trades is no mistake of its candles.
_WEIGHTS: Final = {Severity.INFO: 0.0, Severity.WARNING: 0.25, Severity.ERROR: 1.0}

_WINDOW: Final = Window("$1::int", "$2::timestamptz", "$3::timestamptz", "NULL", "$7::timestamptz")
_FINER: Final = Window("$8::int", "$2::timestamptz", "$3::timestamptz", "$9::int", "$7::timestamptz")
_COARSER: Final = Window("$10::int", "$2::timestamptz", "$3::timestamptz", "NULL", "$7::timestamptz")

# Which parameters there are, also where no piece needs them.
_GIVEN: Final = "SELECT $7::timestamptz AS now, $8::int AS finer, $9::int AS slots, $10::int AS coarser"


def _own(step: Interval) -> str:
    """The candles with their slots, those around them, and how far the close moved.

    What is worked out of many rows is materialized: where PostgreSQL has not counted the candles yet, it takes them for
    few, and would do that again for each of them.
    """
    return f"""
        own AS MATERIALIZED (
            SELECT
                slot, open, high, low, close, volume,
                CASE WHEN lag(slot) OVER way = {grid.shift(step, "slot", "-1")} THEN lag(close) OVER way END AS before,
                lead(close) OVER way AS next
            FROM (
                SELECT DISTINCT ON (1) {grid.floor(step, "c.timestamp")} AS slot, c.* FROM candles AS c
                WHERE c.series = $1 AND c.timestamp >= $2 AND c.timestamp < $3 ORDER BY 1, c.timestamp
            ) AS c
            WINDOW way AS (ORDER BY slot)
        ),
        change AS (SELECT *, abs(close - before) / nullif(abs(before), 0) AS share FROM own),
        usual AS MATERIALIZED (
            SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY share) AS share FROM change WHERE share > 0
        )
    """


_JUMPS: Final = f"""
    SELECT
        CASE
            WHEN abs(c.next - c.before) <= abs(c.close - c.before) * {_BACK_SHARE} THEN 'SPIKE' ELSE 'JUMP'
        END AS kind,
        c.slot, c.share
    FROM change AS c CROSS JOIN usual
    WHERE c.share >= greatest({_JUMP_SHARE}, {_JUMP_TIMES} * usual.share)
"""
_IDLE: Final = "SELECT 'ZERO_VOLUME' AS kind, slot, NULL::numeric AS share FROM own WHERE volume = 0"


def _off_median(step: Interval) -> str:
    return f"""
        SELECT CASE WHEN share >= {_FAR_OFF_SHARE} THEN 'FAR_OFF_MEDIAN' ELSE 'OFF_MEDIAN' END AS kind, slot, share
        FROM (
            SELECT own.slot, abs(own.close - {median("o.closes")}) / nullif(abs({median("o.closes")}), 0) AS share
            FROM own JOIN (
                SELECT {grid.floor(step, "c.timestamp")} AS slot, array_agg(c.close ORDER BY c.close) AS closes
                FROM candles AS c
                WHERE c.series = ANY($4::int[]) AND c.timestamp >= $2 AND c.timestamp < $3
                GROUP BY 1
            ) AS o ON o.slot = own.slot
        ) AS off
        WHERE share >= {_OFF_SHARE}
    """


def _statement(step: Interval, finer: Series | None, coarser: Series | None) -> str:
    number = grid.slots_between(step, "$2::timestamptz", "slot")
    flaws = " UNION ALL ".join(f"({one})" for one in _flaws(step, finer, coarser))
    return f"""
        WITH given AS ({_GIVEN}), {_own(step)},
        flaw AS (
            SELECT kind, slot, max(share) AS share FROM ({flaws}) AS each GROUP BY kind, slot
        ),
        run AS (
            SELECT kind, min(slot) AS opens, max(slot) AS last, count(*) AS slots, max(share) AS share
            FROM (
                SELECT *, {number} - row_number() OVER (PARTITION BY kind ORDER BY slot) AS island FROM flaw
            ) AS placed
            GROUP BY kind, island
            HAVING kind <> 'ZERO_VOLUME' OR count(*) >= {_IDLE_CANDLES}
        ),
        told AS (
            SELECT run.*, count(*) OVER () AS found, sum(run.slots * w.weight) OVER () AS flawed
            FROM run JOIN unnest($5::text[], $6::float[]) AS w (kind, weight) ON w.kind = run.kind
            ORDER BY w.weight DESC, run.slots DESC, run.opens, run.kind LIMIT {MAX_FINDINGS}
        )
        SELECT
            (SELECT count(*) FROM own), t.flawed, t.found, t.kind, t.opens, {grid.shift(step, "t.last", "1")} AS closes,
            t.slots, t.share
        FROM (SELECT) AS always LEFT JOIN told AS t ON true
    """


def _flaws(step: Interval, finer: Series | None, coarser: Series | None) -> Iterator[str]:
    yield from (_JUMPS, _IDLE, _off_median(step))
    if finer:
        yield resampling.against_finer(View(step, finer.interval), _WINDOW, _FINER)
    if coarser:
        yield resampling.against_coarser(step, coarser.interval, _WINDOW, _COARSER)


_KINDS: Final = [kind.name for kind in SEVERITIES]
_KINDS_WEIGH: Final = [_WEIGHTS[severity] for severity in SEVERITIES.values()]


async def find(subject: Subject) -> Checked:
    series, within, finer, coarser = subject.series, subject.within, subject.finer, subject.coarser
    asked = (
        *(series.number, within.start, within.end, [other.number for other in subject.others]),
        *(_KINDS, _KINDS_WEIGH, subject.now),
        *(finer and finer.number, series.interval.slots_between(within.start, within.end), coarser and coarser.number),
    )
    known = [one.known for one in (series, finer, coarser, *subject.others) if one]
    statement = _statement(series.interval, finer, coarser)
    rows = await replica.first(known, lambda db: db.fetch(statement, *asked))
    candles, flawed, found, *_ = rows[0]
    return Checked(candles, flawed or 0, found or 0, [_finding(row) for row in rows if row["kind"]])


def _finding(row: Record) -> Finding:
    return Finding(FlawKind[row["kind"]], TimeRange(row["opens"], row["closes"]), row["slots"], row["share"])
