"""Parts that are away, frozen or full: what still works meanwhile, and that everything comes back by itself."""

import asyncio
import random
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from tests.chaos.clients import ANSWER_SECONDS, Clients
from tests.chaos.collection import Backfills
from tests.chaos.parts import Part, going_on, until
from tests.chaos.report import Report
from tests.chaos.rush import with_all_connections_taken
from tests.chaos.stage import POOL_SIZE, RECOVERY_SECONDS, Answer, Stage, staged
from tests.chaos.valkey_outages import with_valkey_frozen, with_valkey_full, without_valkey
from tests.tardiness import tardiness
from workers.engine import SliceLimits

_COINS: Final = "{ coins { totalCount } }"

# Seconds that an outage lasts.
_OUTAGE_SECONDS: Final = 30.0

# Seconds in which requests are refused that cannot be answered.
_REFUSAL_SECONDS: Final = 1.0

# Seconds after which queries are answered again, once PostgreSQL is back.
_ANSWERING_SECONDS: Final = 5.0

_WAVE: Final = 12

# That a refusal goes through, each of which a busy machine may keep waiting: the client and the API.
_PROCESSES: Final = 2

_PAUSE: Final = 0.05

# Seconds of an outage in which PostgreSQL can be stopped once more, and that it is then away.
_STOP_EVERY: Final = 6.0
_STOPPED_SECONDS: Final = 1.0

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


async def without_postgres(stage: Stage, clients: Clients, report: Report, seconds: float) -> None:
    """Where it refuses connections, requests fail at once."""
    await stage.postgres.end(signal.SIGKILL)
    report.faults["PostgreSQL killed"] += 1
    await _refuses(stage, clients, report, seconds, _REFUSAL_SECONDS)
    await stage.postgres.up()
    await _answers_again(stage, report, "PostgreSQL was killed")


async def with_postgres_stopped_at_once(stage: Stage, clients: Clients, report: Report, seconds: float) -> None:
    """Under load, by what `pg_ctl stop -m immediate` sends: those who are being answered are refused as soon."""
    for _ in range(1 + int(seconds // _STOP_EVERY)):
        refused, late = await _stopped_at_once(stage, clients, report)
        _judge_refusals(report, refused, _REFUSAL_SECONDS, late)
    await clients.all_end(RECOVERY_SECONDS)
    lost = await clients.lost()
    report.at_most(f"promised jobs lost {lost[:2]}", len(lost), 0)


async def _stopped_at_once(stage: Stage, clients: Clients, report: Report) -> tuple[list[Answer], float]:
    """The refusals, and how late this machine was with everything meanwhile."""
    asking = asyncio.Event()
    async with tardiness() as machine:
        load = [asyncio.create_task(_ask_on(stage, asking)) for _ in range(_WAVE)]
        await clients.sync(f"before a stop {time.monotonic()}")
        await stage.postgres.end(signal.SIGQUIT)
        report.faults["PostgreSQL stopped at once"] += 1
        await asyncio.sleep(_STOPPED_SECONDS)
        await stage.postgres.up()
        took = await until(stage.is_answering, "answers", RECOVERY_SECONDS)
        asking.set()
        answers = [answer for answers in await asyncio.gather(*load) for answer in answers]
    report.at_most("queries answered after PostgreSQL was stopped", took, _ANSWERING_SECONDS, "s")
    return [answer for answer in answers if answer.code], machine.worst


async def _ask_on(stage: Stage, enough: asyncio.Event) -> list[Answer]:
    answers = []
    while not enough.is_set():
        answers.append(await stage.ask(_COINS))
        await asyncio.sleep(_PAUSE)
    return answers


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
    _judge_refusals(report, answers, limit)
    report.at_most("/healthz without PostgreSQL", healthy, 200)
    report.at_least("/readyz without PostgreSQL", ready, 503)


def _judge_refusals(report: Report, answers: Sequence[Answer], limit: float, late: float = 0.0) -> None:
    report.counts["requests refused without PostgreSQL"] += len(answers)
    slowest = max(answer.seconds for answer in answers)
    report.at_most(f"slowest refusal within {limit:.0f} s", slowest, limit + _PROCESSES * late, "s")
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


async def with_a_worker_frozen(stage: Stage, _: Clients, report: Report, __: float) -> None:
    """Others take its jobs over; when it goes on, nothing that it had in hand is stored."""
    frozen, *others = stage.workers
    lease, told = SliceLimits().lease.total_seconds(), frozen.log.read_text().count("taken over")
    await asyncio.gather(*(other.end(signal.SIGTERM) for other in others))  # so that all jobs are in its hands
    backfills = await Backfills.begun(stage, pages=_FROZEN_PAGES, step="3m")
    async with going_on(backfills.watch()):
        await until(backfills.is_under_way, "the backfills to begin")
        frozen.freeze()
        await asyncio.gather(*(other.up() for other in others))
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
    with_postgres_stopped_at_once,
    with_postgres_frozen,
    with_everything_away_at_start,
    with_all_connections_taken,
    with_a_worker_frozen,
)
