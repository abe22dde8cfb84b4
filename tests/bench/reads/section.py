"""The read path: Candelabra beside what people use or write instead."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ops.local.terminal import complain
from tests.bench.errors import BenchError
from tests.bench.machine import Bystanders
from tests.bench.plan import Plan
from tests.bench.reads.arena import Arena, arena, filled, new_database, postgres
from tests.bench.reads.contest import Pace
from tests.bench.reads.contests import contests
from tests.bench.reads.disk import disk
from tests.bench.reads.node import RELEASE, PostGraphile
from tests.bench.reads.rows import Rows
from tests.bench.report import Finding, Section


@dataclass(frozen=True)
class Size:
    """`disk_minutes`: how long the table has been filled minute by minute whose bytes are counted."""

    large: Rows
    small: Rows
    disk_minutes: int
    pace: Pace


_FULL: Final = Size(Rows(20, 1_000_000), Rows(20, 50_000), 10_000, Pace(5, 2.0))
_QUICK: Final = Size(Rows(20, 100_000), Rows(20, 10_000), 2_000, Pace(2, 0.5))

_ABOUT: Final = """\
Candles of one minute with six fields, {rows:,} of them in {pairs} pairs, all in the same PostgreSQL with its usual
durability; filled by SQL, a pair after the other. Every server is one process with ten connections to it, and is
asked over eight kept HTTP connections by a client in a process of its own. How many times as fast Candelabra is: the
median of {rounds} rounds, in each of which everyone has a turn of {seconds:g} s, with the least and the most. Before
each turn an answer is parsed and compared with what PostgreSQL holds.

- Candelabra: `candles` over GraphQL by exchange, symbol, interval and range. Cold is any minute of any pair; hot is
  the same range every time.
- Stock Strawberry: typed objects from asyncpg's rows, Strawberry's own executor and ASGI application, uvicorn with
  uvloop and httptools.
- `json_agg` from Starlette: a route that answers with what PostgreSQL makes of the rows with `json_agg` and
  `json_build_object`; uvicorn likewise.
- Constant body from Starlette: Candelabra's answer as bytes that never change; uvicorn likewise."""

_POSTGRAPHILE: Final = f"""
- PostGraphile {RELEASE} with its Amber preset, no GraphiQL, no explain, `NODE_ENV=production`; ranges and the latest
  candle by SQL functions, as it recommends. It is told the key of the pair, which Candelabra looks up."""


def reads(plan: Plan) -> Section:
    """Raises BenchError where a server does not start, or answers wrongly."""
    size = _QUICK if plan.is_quick else _FULL
    installed, absence = _postgraphile(plan)
    with _opened(plan.folder, size, installed) as (opened, on_disk):
        bystanders = Bystanders()
        findings, notes = _measured(opened, size.pace)
        notes = ["\n".join(notes), str(bystanders)]
    about = _ABOUT.format(
        rows=size.large.candles, pairs=size.large.pairs, rounds=size.pace.rounds, seconds=size.pace.seconds
    )
    return Section("Reads", about + (absence or _POSTGRAPHILE), [*findings, on_disk], notes)


def _postgraphile(plan: Plan) -> tuple[PostGraphile | None, str]:
    """What is installed, or why nothing is."""
    program = PostGraphile(plan.cache / "postgraphile")
    if plan.is_quick and not program.is_installed():
        return None, "\n- PostGraphile did not take part: it is not installed, and this was to be quick."
    try:
        program.install()
    except BenchError as error:
        complain(f"PostGraphile does not take part. {error}")
        return None, "\n- PostGraphile did not take part: it could not be installed."
    return program, ""


@contextmanager
def _opened(folder: Path, size: Size, installed: PostGraphile | None) -> Iterator[tuple[Arena, Finding]]:
    with postgres(folder) as host:
        complain(f"filling {size.large.candles + size.small.candles:,} rows …")
        large = filled(host, folder, "large", size.large), size.large
        small = filled(host, folder, "small", size.small), size.small
        on_disk = disk(new_database(host, folder, "minutes"), size.disk_minutes)
        with arena(folder, large, small, installed) as opened:
            yield opened, on_disk


def _measured(opened: Arena, pace: Pace) -> tuple[list[Finding], list[str]]:
    """A contest that cannot be held is a finding, too: the others still tell something."""
    findings, notes = list[Finding](), list[str]()
    for contest in contests(opened, pace):
        if contest.is_held:
            complain(f"{contest.what} …")
            try:
                rounds = contest.hold(pace.rounds)
            except BenchError as error:
                complain(str(error))
                findings.append(Finding(contest.what, "failed", is_met=False))
            else:
                findings += contest.findings(rounds)
                notes.append(contest.note(rounds))
    return findings, notes
