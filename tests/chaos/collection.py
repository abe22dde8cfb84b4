"""Backfills under watch: what they must end with, and what must never happen on the way."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import asyncpg

from domain.candle import Row
from domain.clock import milliseconds
from domain.interval import Interval, interval
from domain.outage import is_outage
from domain.timerange import TimeRange, from_postgres
from ops.sandbox.series import Window
from tests.chaos.parts import going_on, until
from tests.chaos.report import ChaosError, Report
from tests.chaos.stage import Stage

SYMBOLS: Final = ("BTC/USDT", "ETH/USDT", "BNB/USDT", "SOL/USDT", "XRP/USDT", "ADA/USDT", "DOGE/USDT", "LTC/USDT")

# What a worker may have fetched of a job and not stored when it dies: workers.engine.PAGES_AHEAD.
_PAGES_AHEAD: Final = 12

# Seconds between looks at progress, and after which a connection is given up, which may be to a frozen server.
_SAMPLE_SECONDS: Final = 0.2
_LOOK_SECONDS: Final = 5.0

# Seconds that the backfills may need to end: after an outage, and generously for each page.
_PATIENCE: Final = 60.0
_PAGE_SECONDS: Final = 0.2

# Rows of a full page of the exchange.
_PAGE: Final = 1_000

# Candles that closed later than this ago are the schedule's, which may just be at it.
_SETTLED: Final = timedelta(minutes=5)

_ADD: Final = """
mutation($symbols: [String!]!, $intervals: [Interval!]!, $from: DateTime) {
  addPairs(input: {exchange: "binance", symbols: $symbols, intervals: $intervals, sync: true, from: $from}) {
    pairs { id symbol }
    jobs { id }
  }
}
"""

_PAIRS: Final = """
SELECT id, series, symbol, covered FROM coin_exchanges
WHERE id IN (SELECT pair_id FROM sync_jobs WHERE id = ANY($1::uuid[]))
"""
_WRITTEN: Final = "SELECT sum(candles_written - candles_revised) FROM sync_jobs WHERE pair_id = $1"
_PROGRESS: Final = """
SELECT j.id, p.symbol, j.status, j.pages_fetched, j.candles_written, j.seconds_done, j.seconds_planned
FROM sync_jobs AS j JOIN coin_exchanges AS p ON p.id = j.pair_id WHERE j.id = ANY($1::uuid[])
"""
_OPEN: Final = (0, 1)
_SUCCEEDED: Final = 2


async def add(stage: Stage, symbols: Sequence[str], intervals: Sequence[str], start: datetime) -> list[UUID]:
    """Pairs with INITIAL jobs that go back to `start`; the jobs' ids."""
    answer = await stage.ask(_ADD, symbols=list(symbols), intervals=list(intervals), **{"from": start.isoformat()})
    if answer.code:
        raise ChaosError(answer.text)
    return [UUID(job["id"]) for job in answer.data["addPairs"]["jobs"]]


@dataclass
class _Job:
    """What was last seen of a job, and when it last came further."""

    pages: int = 0
    candles: int = 0
    share: float = 0.0
    status: int = 0
    moved: float = field(default_factory=time.monotonic)


@dataclass
class Backfills:
    """INITIAL jobs and what is seen of them. `up_since`: when all parts were last back, in `time.monotonic`."""

    stage: Stage
    step: Interval
    start: datetime
    jobs: dict[UUID, _Job]
    up_since: float = field(default_factory=time.monotonic)
    samples: int = 0
    steps_back: int = 0
    longest_stall: float = 0.0

    @classmethod
    async def begun(cls, stage: Stage, pages: int, step: str = "1m") -> "Backfills":
        """One for each symbol, so many pages long."""
        slot = interval(step)
        start = slot.shift(slot.floor(datetime.now(UTC)), -_PAGE * pages)
        stage.exchange.requests.clear()
        return cls(stage, slot, start, {job: _Job() for job in await add(stage, SYMBOLS, [step], start)})

    async def watch(self) -> None:
        """Looks until cancelled, whenever PostgreSQL lets it."""
        while True:
            try:
                async with asyncio.timeout(_LOOK_SECONDS), self.stage.sql() as db:
                    while True:
                        self._see(await db.fetch(_PROGRESS, list(self.jobs)))
                        await asyncio.sleep(_SAMPLE_SECONDS)
            except Exception as error:
                if not is_outage(error):
                    raise
            await asyncio.sleep(_SAMPLE_SECONDS)

    def _see(self, rows: Sequence[asyncpg.Record]) -> None:
        self.samples += 1
        now = time.monotonic()
        for row in rows:
            job = self.jobs[row["id"]]
            share = row["seconds_done"] / row["seconds_planned"] if row["seconds_planned"] else 0.0
            before, after = (job.pages, job.candles, job.share), (row["pages_fetched"], row["candles_written"], share)
            self.steps_back += any(new < old for old, new in zip(before, after, strict=True))
            if after != before or row["status"] != job.status or row["status"] not in _OPEN:
                job.moved = now
            self.longest_stall = max(self.longest_stall, now - max(job.moved, self.up_since))
            job.pages, job.candles, job.share = after
            job.status = row["status"]

    @property
    def pages(self) -> int:
        return sum(job.pages for job in self.jobs.values())

    @property
    def pages_left(self) -> int:
        slots = self.step.slots_between(self.start, self.step.floor(datetime.now(UTC)))
        return max(0, len(self.jobs) * slots // _PAGE - self.pages)

    async def is_under_way(self) -> bool:
        """Whether any has stored a page."""
        return self.pages > 0

    async def have_begun(self) -> bool:
        """Whether each has stored a page."""
        return all(job.pages for job in self.jobs.values())

    async def _has_ended(self) -> bool:
        return all(job.status not in _OPEN for job in self.jobs.values())

    async def end(self) -> None:
        """Watches until every job has ended; TimeoutError where that takes much longer than it has to."""
        async with going_on(self.watch()):
            await until(self._has_ended, "the backfills to end", _PATIENCE + _PAGE_SECONDS * self.pages_left)

    async def judge(self, report: Report, kills: int) -> None:
        """Adds what the jobs have come to: everything stored, once, digit for digit, and nothing claimed falsely."""
        # At one instant, since the schedule goes on, and to compare millions takes minutes.
        wanted = TimeRange(self.start, self.step.floor(datetime.now(UTC) - _SETTLED))
        async with self.stage.sql() as db, db.transaction(isolation="repeatable_read", readonly=True):
            pairs = await db.fetch(_PAIRS, list(self.jobs))
            verdicts = [await self._verdict(db, pair, wanted) for pair in pairs]
        report.counts["candles compared"] += sum(verdict.candles for verdict in verdicts)
        report.counts["pages stored"] += self.pages
        report.counts["looks at progress"] += self.samples
        report.at_most("candles missing, surplus or different", sum(verdict.differences for verdict in verdicts), 0)
        report.at_most("slots of the backfills not covered", sum(verdict.uncovered for verdict in verdicts), 0)
        report.at_most("candles counted twice or not at all", sum(verdict.miscounted for verdict in verdicts), 0)
        succeeded = sum(job.status == _SUCCEEDED for job in self.jobs.values())
        report.at_least("jobs that succeeded", succeeded, len(self.jobs))
        report.at_most("steps back in a job's progress", self.steps_back, 0)
        report.at_most("longest stall of a job with all parts up", self.longest_stall, 30, "s")
        worst = max(self._refetched().values(), default=0)
        report.at_most("pages of a pair fetched again", worst, kills * _PAGES_AHEAD)

    async def _verdict(
        self, db: "asyncpg.Connection[asyncpg.Record]", pair: asyncpg.Record, wanted: TimeRange
    ) -> "_Verdict":
        stored = await db.fetch(_STORED, pair["series"])
        covered = from_postgres(pair["covered"])
        honest = [row for part in covered for row in closed(self.stage, pair["symbol"], self.step, part)]
        found = [tuple(row) for row in stored]
        missing = wanted.seconds - sum(part.seconds for item in covered if (part := item.overlap(wanted)))
        written = await db.fetchval(_WRITTEN, pair["id"])
        return _Verdict(
            len(honest), len(set(found) ^ set(honest)), missing // self.step.seconds, abs(written - len(found))
        )

    def _refetched(self) -> Counter[str]:
        """By symbol, how many pages were asked for more than once."""
        asked = Counter(
            (seen.query["symbol"], seen.query["startTime"])
            for seen in self.stage.exchange.requests
            if seen.path.endswith("klines") and seen.query.get("limit") == "1000"
        )
        again: Counter[str] = Counter()
        for (symbol, _), times in asked.items():
            again[symbol] += times - 1
        return again


@dataclass(frozen=True)
class _Verdict:
    candles: int
    differences: int
    uncovered: int
    miscounted: int


_STORED: Final = """
SELECT (extract(epoch FROM timestamp) * 1000)::bigint, open::text, high::text, low::text, close::text, volume::text
FROM candles WHERE series = $1
"""


def closed(stage: Stage, symbol: str, step: Interval, span: TimeRange) -> Sequence[Row]:
    """What the exchange honestly has there."""
    window = Window(symbol, step, milliseconds(span.start), milliseconds(span.end), 10_000_000)
    return stage.market.rows(window)
