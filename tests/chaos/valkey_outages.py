"""Valkey away, frozen or full: queries are answered as soon as ever, and what is asked for is done when it is back."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Final

from domain.queue import redis
from tests.chaos.clients import ANSWER_SECONDS, SYMBOLS, Clients
from tests.chaos.parts import until
from tests.chaos.report import Report
from tests.chaos.stage import RECOVERY_SECONDS, Stage
from tests.tardiness import Stopwatch

# Seconds of an outage that it is worth while to go through once more before it, so as to measure in turns.
_TURN_SECONDS: Final = 5.0
# Seconds after which everybody asks Valkey again that is back.
_AGAIN_SECONDS: Final = 3.0

# Queries of a turn, and how much slower the ninety-ninth of a hundred may be.
_QUERIES: Final = 100
_SLOWER: Final = 2.0
# Seconds that it may well take in a single turn on a busy machine.
_BUSY_SECONDS: Final = 0.3

# Seconds that a mutation may take where Valkey can tell that it does not serve.
_MUTATION_SECONDS: Final = 1.0

# One that knows nothing of Valkey, and one that would look there for its page, which nobody has asked for before.
_COINS: Final = "{ coins { totalCount } }"
_PAGE: Final = """
query($symbol: String!, $from: DateTime!) {
  candles(exchange: "binance", symbol: $symbol, interval: "4h", from: $from, first: 50) {
    nodes { timestamp close } totalCount
  }
}
"""
_LONG_AGO: Final = datetime(2020, 1, 1, tzinfo=UTC)
_numbers: Final = count()

# Candles of the page that a client's job asks for, which nobody else does.
_JOB_CANDLES: Final = "48"


@dataclass(frozen=True)
class _Absence:
    """`patience` are seconds that a mutation may take meanwhile; `readiness` is what /readyz says then."""

    word: str
    lasting: Callable[[Stage], AbstractAsyncContextManager[None]]
    patience: float
    readiness: int


async def without_valkey(stage: Stage, clients: Clients, report: Report, seconds: float) -> None:
    """Whoever asks it is refused."""
    await _do_without(stage, clients, report, seconds, _Absence("killed", _killed, _MUTATION_SECONDS, 503))


async def with_valkey_frozen(stage: Stage, clients: Clients, report: Report, seconds: float) -> None:
    """It says nothing; nobody waits for it for long."""
    await _do_without(stage, clients, report, seconds, _Absence("frozen", _frozen, ANSWER_SECONDS, 503))


async def with_valkey_full(stage: Stage, clients: Clients, report: Report, seconds: float) -> None:
    """It refuses to hold more, and holds what it has: workers are alive as far as it knows."""
    await _do_without(stage, clients, report, seconds, _Absence("full", _full, _MUTATION_SECONDS, 200))


@asynccontextmanager
async def _killed(stage: Stage) -> AsyncIterator[None]:
    await stage.valkey.end(signal.SIGKILL)
    yield
    await stage.valkey.up()


@asynccontextmanager
async def _frozen(stage: Stage) -> AsyncIterator[None]:
    stage.valkey.freeze()
    yield
    stage.valkey.thaw()


@asynccontextmanager
async def _full(stage: Stage) -> AsyncIterator[None]:
    async with redis(stage.settings.redis_url) as client:
        await client.config_set("maxmemory", 1)
        yield
        await client.config_set("maxmemory", 0)


async def _do_without(stage: Stage, clients: Clients, report: Report, seconds: float, absence: _Absence) -> None:
    """Measures with and without it in turns, the last of which takes the seconds, and is done without for real."""
    asked_before, turns = _jobs_asked(stage), 1 + int(seconds // _TURN_SECONDS)
    usual, without = list[float](), list[float]()
    for rest in reversed(range(turns)):
        usual.append(await _p99(stage))
        async with absence.lasting(stage):
            report.faults[f"Valkey {absence.word}"] += 1
            without.append(await _p99(stage))
            if not rest:
                await _ask_for_a_job(stage, clients, report, absence, seconds)
        await asyncio.sleep(_AGAIN_SECONDS if rest else 0)
    limit = _SLOWER * min(usual) if turns > 1 else max(_SLOWER * usual[0], _BUSY_SECONDS)
    report.at_most(f"p99 of queries with Valkey {absence.word}", min(without), limit, "s")
    await _jobs_end(stage, clients, report, f"Valkey was {absence.word}")
    report.at_most("times that a job asked for meanwhile was done", _jobs_asked(stage) - asked_before, 1)


async def _p99(stage: Stage) -> float:
    """Of queries of both kinds, one after the other, less the time that other programs took."""
    took = []
    for number in range(_QUERIES):
        clock = Stopwatch(stage.api.pid, os.getpid())
        if number % 2:
            start = _LONG_AGO + timedelta(minutes=next(_numbers))
            answer = await stage.ask(_PAGE, symbol=SYMBOLS[0], **{"from": start.isoformat()})
        else:
            answer = await stage.ask(_COINS)
        took.append(clock.seconds)
        assert answer.code is None, answer.text
    return sorted(took)[-2]


async def _ask_for_a_job(stage: Stage, clients: Clients, report: Report, absence: _Absence, seconds: float) -> None:
    clock = Stopwatch(stage.api.pid, os.getpid())
    told = await clients.sync(f"outage {next(_numbers)}")
    report.at_most(f"a mutation with Valkey {absence.word}", clock.seconds, absence.patience, "s")
    report.at_least("mutations accepted without Valkey", told == "ok", 1)
    report.at_least(f"/readyz with Valkey {absence.word}", await stage.status("/readyz"), absence.readiness)
    await asyncio.sleep(max(0.0, seconds - clock.seconds))


async def _jobs_end(stage: Stage, clients: Clients, report: Report, what: str) -> None:
    took = await until(stage.is_ready, "the installation to be ready", RECOVERY_SECONDS)
    report.at_most(f"all was ready after {what}", took, RECOVERY_SECONDS, "s")
    took += await clients.all_end(RECOVERY_SECONDS)
    report.at_most(f"jobs had ended after {what}", took, RECOVERY_SECONDS, "s")


def _jobs_asked(stage: Stage) -> int:
    """Pages of clients' jobs that the exchange was asked for."""
    return sum(seen.query.get("limit") == _JOB_CANDLES for seen in list(stage.exchange.requests))
