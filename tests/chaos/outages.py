"""Parts that are away, frozen or full: what still works meanwhile, and that everything comes back by itself."""

import asyncio
import random
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from domain.queue import redis
from tests.chaos.clients import ANSWER_SECONDS, Clients
from tests.chaos.collection import Backfills
from tests.chaos.parts import Part, going_on, until
from tests.chaos.report import Report
from tests.chaos.stage import POOL_SIZE, RECOVERY_SECONDS, Answer, Stage, staged
from workers.engine import SliceLimits

_COINS: Final = "{ coins { totalCount } }"

# Seconds that an outage lasts.
_OUTAGE_SECONDS: Final = 20.0

# Seconds in which requests are refused that cannot be answered, and that a mutation may take without Valkey.
_REFUSAL_SECONDS: Final = 1.0

# Seconds after which queries are answered again, once PostgreSQL is back.
_ANSWERING_SECONDS: Final = 5.0

# Seconds within which the ninety-ninth of a hundred queries may well be answered on a busy machine.
_BUSY_SECONDS: Final = 0.3

_QUERIES: Final = 100
_SLOW_QUERIES: Final = 200
_WAVE: Final = 12
_PAUSE: Final = 0.05

# Pages of a pair, and seconds that the others get to take over before the frozen worker goes on.
_FROZEN_PAGES: Final = 12
_TAKING_OVER: Final = 3.0

Outage = Callable[[Stage, Clients, Report, float], Awaitable[None]]


async def run(seed: int, minutes: float) -> Report:
    """Every outage, each as long as the bar wants it, again and again in an order drawn by lot."""
    report = Report("Outages", seed)
    lot, deadline = random.Random(seed), time.monotonic() + minutes * 60
    async with staged(workers=2) as stage:
        clients = await Clients.of(stage)
        is_first = True
        while is_first or time.monotonic() < deadline:
            for outage in lot.sample(OUTAGES, len(OUTAGES)):
                await outage(stage, clients, report, _OUTAGE_SECONDS)
            is_first = False
        await clients.judge(report)
        report.at_most(f"traces in the API's log {stage.api.traces()[:2]}", len(stage.api.traces()), 0)
    return report


async def without_valkey(stage: Stage, clients: Clients, report: Report, seconds: float) -> None:
    """Queries are answered from PostgreSQL; a mutation is accepted, and its job runs when Valkey is back."""
    normal = await _p99(stage)
    await stage.valkey.end(signal.SIGKILL)
    report.faults["Valkey killed"] += 1
    await _is_doing_without_valkey(stage, clients, report, normal, seconds)
    report.at_least("status of /readyz without Valkey", await stage.status("/readyz"), 503)
    await stage.valkey.up()
    await _jobs_end(stage, clients, report, "Valkey was killed")


async def with_valkey_frozen(stage: Stage, clients: Clients, report: Report, seconds: float) -> None:
    """The same; nobody waits for it for long."""
    normal = await _p99(stage)
    stage.valkey.freeze()
    report.faults["Valkey frozen"] += 1
    await _is_doing_without_valkey(stage, clients, report, normal, seconds)
    stage.valkey.thaw()
    await _jobs_end(stage, clients, report, "Valkey was frozen")


async def with_valkey_full(stage: Stage, clients: Clients, report: Report, seconds: float) -> None:
    """It refuses to hold more, and holds what it has."""
    normal = await _p99(stage)
    async with redis(stage.settings.redis_url) as client:
        await client.config_set("maxmemory", 1)
        report.faults["Valkey full"] += 1
        await _is_doing_without_valkey(stage, clients, report, normal, seconds)
        await client.config_set("maxmemory", 0)
    await _jobs_end(stage, clients, report, "Valkey was full")


async def _is_doing_without_valkey(
    stage: Stage, clients: Clients, report: Report, normal: float, seconds: float
) -> None:
    deadline = time.monotonic() + seconds
    report.at_most("p99 of queries without Valkey", await _p99(stage), max(2 * normal, _BUSY_SECONDS), "s")
    before = time.monotonic()
    told = await clients.sync(f"outage {before}")
    report.at_most("a mutation without Valkey", time.monotonic() - before, ANSWER_SECONDS, "s")
    report.at_least("mutations accepted without Valkey", told == "ok", 1)
    await asyncio.sleep(max(0.0, deadline - time.monotonic()))


async def _jobs_end(stage: Stage, clients: Clients, report: Report, what: str) -> None:
    took = await until(stage.is_ready, "the installation to be ready", RECOVERY_SECONDS)
    report.at_most(f"all was ready after {what}", took, RECOVERY_SECONDS, "s")
    took += await clients.all_end(RECOVERY_SECONDS)
    report.at_most(f"jobs had ended after {what}", took, RECOVERY_SECONDS, "s")


async def _p99(stage: Stage) -> float:
    answers = [await stage.ask(_COINS) for _ in range(_QUERIES)]
    assert {answer.code for answer in answers} == {None}
    return sorted(answer.seconds for answer in answers)[-2]


async def without_postgres(stage: Stage, clients: Clients, report: Report, seconds: float) -> None:
    """Where it refuses connections, requests fail at once."""
    await stage.postgres.end(signal.SIGKILL)
    report.faults["PostgreSQL killed"] += 1
    await _refuses(stage, clients, report, seconds, _REFUSAL_SECONDS)
    await stage.postgres.up()
    await _answers_again(stage, report, "PostgreSQL was killed")


async def with_postgres_frozen(stage: Stage, clients: Clients, report: Report, seconds: float) -> None:
    """Where it says nothing, requests fail soon, and take no connection with them."""
    stage.postgres.freeze()
    report.faults["PostgreSQL frozen"] += 1
    await _refuses(stage, clients, report, seconds, ANSWER_SECONDS)
    stage.postgres.thaw()
    await _answers_again(stage, report, "PostgreSQL was frozen")


async def _refuses(stage: Stage, clients: Clients, report: Report, seconds: float, limit: float) -> None:
    deadline = time.monotonic() + seconds
    answers: list[Answer] = []
    healthy, ready = 200, 503
    while not answers or time.monotonic() < deadline:
        answers += await asyncio.gather(*(stage.ask(_COINS) for _ in range(_WAVE)))
        before = time.monotonic()
        told = await clients.sync(f"refused {before}")
        answers.append(Answer(time.monotonic() - before, None, told, told))
        healthy, ready = max(healthy, await stage.status("/healthz")), min(ready, await stage.status("/readyz"))
    report.counts["requests refused without PostgreSQL"] += len(answers)
    report.at_most(f"slowest refusal within {limit:.0f} s", max(answer.seconds for answer in answers), limit, "s")
    report.at_most("/healthz without PostgreSQL", healthy, 200)
    report.at_least("/readyz without PostgreSQL", ready, 503)
    codes = {answer.code for answer in answers}
    report.at_least(f"codes of the refusals {codes}", codes == {"UNAVAILABLE"}, 1)
    report.at_most("traces told", sum("Traceback" in answer.text for answer in answers), 0)


async def _answers_again(stage: Stage, report: Report, what: str) -> None:
    took = await until(stage.is_answering, "answers", RECOVERY_SECONDS)
    report.at_most(f"queries answered after {what}", took, _ANSWERING_SECONDS, "s")
    answers = await asyncio.gather(*(stage.ask(_COINS) for _ in range(10 * POOL_SIZE)))
    report.at_most("connections lost for good", sum(answer.code is not None for answer in answers), 0)
    took = await until(stage.is_ready, "the installation to be ready", RECOVERY_SECONDS)
    report.at_most(f"all was ready after {what}", took, RECOVERY_SECONDS, "s")


async def with_everything_away_at_start(stage: Stage, _: Clients, report: Report, seconds: float) -> None:
    """API and workers wait for PostgreSQL and Valkey, and start when they are there."""
    servers: Sequence[Part] = (stage.valkey, stage.postgres)
    for part in (*stage.workers, stage.api, *servers):
        await part.end(signal.SIGKILL)
    for part in (*stage.workers, stage.api):
        part.start()
    report.faults["start without PostgreSQL and Valkey"] += 1
    await asyncio.sleep(seconds)
    for part in servers:
        await part.up()
    took = await until(stage.is_ready, "the installation to be ready", RECOVERY_SECONDS)
    report.at_most("all was ready after its servers started last", took, RECOVERY_SECONDS, "s")


async def with_all_connections_taken(stage: Stage, _: Clients, report: Report, __: float) -> None:
    """Who would wait for long is refused at once; the others get their answer."""
    rush = await asyncio.gather(*(stage.ask("{ __typename }") for _ in range(_SLOW_QUERIES)))
    # On a busy machine a rush takes its time, and no two take the same.
    limit = _REFUSAL_SECONDS + 2 * max(answer.seconds for answer in rush)
    async with stage.sql() as db, db.transaction():
        await db.execute("LOCK TABLE coins IN ACCESS EXCLUSIVE MODE")
        report.faults["slow queries beyond the pool"] += _SLOW_QUERIES
        # Each another one: who asks for the same shares a connection.
        queries = [f"{{ coins(first: {first}) {{ totalCount }} }}" for first in range(_SLOW_QUERIES)]
        asked = [asyncio.create_task(stage.ask(query)) for query in queries]
        while sum(not one.done() for one in asked) > POOL_SIZE:  # noqa: ASYNC110  # of many tasks, all but a few
            await asyncio.sleep(_PAUSE)
    took = await until(stage.is_answering, "answers", RECOVERY_SECONDS)
    answers = await asyncio.gather(*asked)
    refused = [answer for answer in answers if answer.code]
    report.at_least("queries refused", len(refused), _SLOW_QUERIES - POOL_SIZE)
    report.at_least("codes of the refusals", {answer.code for answer in refused} == {"OVERLOADED"}, 1)
    report.at_most("slowest refusal in the rush", max((answer.seconds for answer in refused), default=0), limit, "s")
    report.at_least("queries answered", len(answers) - len(refused), POOL_SIZE)
    report.at_most("queries answered after the rush", took, 2.0, "s")


async def with_a_worker_frozen(stage: Stage, _: Clients, report: Report, __: float) -> None:
    """Others take its jobs over; when it goes on, nothing that it had in hand is stored."""
    frozen, lease = stage.workers[0], SliceLimits().lease.total_seconds()
    told = frozen.log.read_text().count("taken over")
    backfills = await Backfills.begun(stage, pages=_FROZEN_PAGES, step="3m")
    async with going_on(backfills.watch()):
        await until(backfills.have_begun, "every backfill to begin")
        frozen.freeze()
        report.faults["worker frozen past its lease"] += 1
        await asyncio.sleep(lease + 1)
        backfills.up_since = time.monotonic()
        await asyncio.sleep(_TAKING_OVER)
        frozen.thaw()
    await backfills.end()
    await backfills.judge(report, kills=1)
    report.at_least("jobs that were fenced off", frozen.log.read_text().count("taken over") - told, 1)


OUTAGES: Final[Sequence[Outage]] = (
    without_valkey,
    with_valkey_frozen,
    with_valkey_full,
    without_postgres,
    with_postgres_frozen,
    with_everything_away_at_start,
    with_all_connections_taken,
    with_a_worker_frozen,
)
