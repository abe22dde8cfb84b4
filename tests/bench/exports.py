"""Exports beside PostgreSQL's own COPY, and the memory that they take: `python -m tests.bench.exports CANDLES`."""

import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
import psutil

from ops.local.terminal import say
from ops.local.valkey import embedded_valkey
from tests.bench.plan import Plan
from tests.bench.reads import servers
from tests.bench.reads.arena import filled, postgres
from tests.bench.reads.database import Database
from tests.bench.reads.rows import Rows, exchange_of, series_of, symbol_of
from tests.bench.report import Finding, Section
from tests.bench.rounds import Ratio, Round, alternate, usual

_CANDLES: Final = 2_000_000
_QUICK_CANDLES: Final = 100_000
_ROUNDS: Final = 5
_QUICK_ROUNDS: Final = 2

_FORMATS: Final = ("csv", "ndjson", "arrow", "parquet")
_COPY: Final = "`COPY … TO STDOUT`"

_LEAST_RATE: Final = 300_000  # candles a second
_LEAST_RATIO: Final = 0.7
_MOST_MEMORY: Final = 200  # MB of 10^6 bytes

_ABOUT: Final = """\
{candles:,} candles of one minute of one pair, over HTTP from one API process to a client that throws them away. Beside
it, in turns, PostgreSQL's `COPY (SELECT …) TO STDOUT (FORMAT csv)` of the same columns through asyncpg. The median of
{rounds} rounds, with the least and the most. Memory is the most that the process had while it exported them."""


@dataclass(frozen=True)
class Copy:
    database: Database

    def run(self) -> Round:
        began = time.perf_counter()
        asyncio.run(self._copy())
        return {_COPY: time.perf_counter() - began}

    async def _copy(self) -> None:
        async def forget(_: bytes) -> None: ...

        columns = "timestamp, open, high, low, close, volume"
        query = f"SELECT {columns} FROM candles WHERE series = {series_of(0)} ORDER BY timestamp"
        connection = await self.database.connect()
        await connection.copy_from_query(query, output=forget, format="csv")
        await connection.close()


@dataclass(frozen=True)
class Export:
    """`most` is filled with the process's memory, in MB, by format."""

    port: int
    api: psutil.Process
    ending: str
    most: dict[str, float]

    def run(self) -> Round:
        market = {"exchange": exchange_of(0), "symbol": symbol_of(0), "interval": "1m"}
        url = f"http://127.0.0.1:{self.port}/api/v1/candles.{self.ending}"
        plain = {"Accept-Encoding": "identity"}
        began, size = time.perf_counter(), 0
        with httpx.stream("GET", url, params=market, headers=plain, timeout=60, trust_env=False) as answer:
            answer.raise_for_status()
            for part in answer.iter_raw(1 << 20):
                size += len(part)
                resident = self.api.memory_info().rss / 1e6
                self.most[self.ending] = max(self.most.get(self.ending, 0), resident)
        return {self.ending: time.perf_counter() - began}


def exports(plan: Plan) -> Section:
    """Raises BenchError where a server does not start."""
    candles, rounds = (_QUICK_CANDLES, _QUICK_ROUNDS) if plan.is_quick else (_CANDLES, _ROUNDS)
    with _served(plan.folder, candles) as (database, port, api):
        most = dict[str, float]()
        idle = api.memory_info().rss / 1e6
        contestants = [Export(port, api, ending, most) for ending in _FORMATS]
        measured = alternate([Copy(database), *contestants], rounds)
    findings = [_speed(measured, candles), *(_memory(ending, most[ending], idle) for ending in _FORMATS)]
    rates = ", ".join(f"{name} {candles / usual(measured, name):,.0f}" for name in (_COPY, *_FORMATS))
    notes = [f"Candles a second, which depend on the machine: {rates}."]
    return Section("Exports", _ABOUT.format(candles=candles, rounds=rounds), findings, notes)


def _speed(measured: list[Round], candles: int) -> Finding:
    ratio = Ratio.of(measured, "csv", _COPY)
    is_met = ratio.median >= _LEAST_RATIO or candles / usual(measured, "csv") >= _LEAST_RATE
    target = f"at least {_LEAST_RATIO} times, or {_LEAST_RATE:,} candles a second"
    return Finding(f"CSV as fast as {_COPY}", str(ratio), target, is_met)


def _memory(ending: str, resident: float, idle: float) -> Finding:
    measured = f"{resident:.0f} MB, {resident - idle:.0f} more than idle"
    return Finding(f"memory for {ending}", measured, f"at most {_MOST_MEMORY} MB", resident <= _MOST_MEMORY)


@contextmanager
def _served(folder: Path, candles: int) -> Iterator[tuple[Database, int, psutil.Process]]:
    with postgres(folder) as host, embedded_valkey(folder / "valkey") as redis_url:
        database = filled(host, folder, "exports", Rows(1, candles))
        with servers.candelabra(folder, database, redis_url) as port:
            yield database, port, _listener(port)


def _listener(port: int) -> psutil.Process:
    """The child that serves at the port."""
    for child in psutil.Process().children(recursive=True):
        if any(one.laddr.port == port and one.status == psutil.CONN_LISTEN for one in child.net_connections()):
            return child
    raise LookupError(port)


def main(candles: int) -> None:
    """Every format once, of as many candles as wanted."""
    with (
        tempfile.TemporaryDirectory(prefix="exports-", ignore_cleanup_errors=True) as folder,
        _served(Path(folder), candles) as (_, port, api),
    ):
        for ending in _FORMATS:
            most = dict[str, float]()
            [seconds] = Export(port, api, ending, most).run().values()
            say(f"{ending}: {candles / seconds:,.0f} candles a second, {most[ending]:.0f} MB at most")


if __name__ == "__main__":
    main(int(sys.argv[1]))
