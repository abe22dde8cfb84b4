"""The root of a worker: opens what jobs need, and keeps an arq worker going over it."""

import asyncio
import logging
import signal
from typing import Any, Final, cast

from arq import ArqRedis, cron, func
from arq.worker import Worker
from redis.exceptions import RedisError

from domain.clock import Clock
from domain.database import database
from domain.exchanges_file import configured_exchanges
from domain.file_outline import difference, outline
from domain.heartbeat import beat, leave, live_files
from domain.migrate import require_current
from domain.process_metrics import watched
from domain.queue import QUEUE_NAME, Queue, deserialize, redis, require_admission, serialize
from domain.seed import seed
from domain.settings import Settings
from domain.startup import retry_until_reachable
from domain.telemetry.exposition import listening, require_port
from domain.telemetry.metrics import announce
from workers.cancellation import cancelled
from workers.coingecko import open_coingecko
from workers.context import WorkerContext
from workers.engine import SliceLimits
from workers.exchanges import open_exchanges
from workers.jobs.loading import load, refresh_all_markets, refresh_coins
from workers.jobs.outages import made_up_for
from workers.jobs.schedule import forget, forward, repair, set_going, sweep
from workers.jobs.sync import sync

_log: Final = logging.getLogger(__name__)

# Jobs mostly wait for exchanges, so one process holds many.
_MAX_JOBS: Final = 100

# Seconds. A slice is far shorter, and a job of a killed worker is taken again by its lease, not by this.
_JOB_SECONDS: Final = 60

# Seconds between looks at the queue: a job's start is felt by the person who asked for it.
_POLL_SECONDS: Final = 0.05

# Seconds that jobs get to finish the page at hand when the worker is told to stop.
_GRACE_SECONDS: Final = 3.0

# Attempts that arq gives a job: each graceful stop costs one, and real failures are counted in PostgreSQL.
_MAX_TRIES: Final = 1_000

# Seconds after which a worker that lost Redis tries again.
_RECONNECT_SECONDS: Final = 1.0


async def run(settings: Settings, clock: Clock) -> None:
    """Works until SIGTERM or SIGINT. Raises SettingsError where the environment does not allow it."""
    require_port(settings)
    await retry_until_reachable(lambda: require_current(settings))
    await require_admission(settings.redis_url)
    configured = configured_exchanges(settings)
    announce(exchange.name for exchange in configured)
    async with database(settings), redis(settings.redis_url) as client, watched("worker"):
        await retry_until_reachable(lambda: seed(settings, decides=True))
        async with open_exchanges(settings, client, clock) as exchanges, open_coingecko(settings) as coingecko:
            await retry_until_reachable(exchanges.tell_rates)
            stopping = _stop_on_signal()
            context = WorkerContext(clock, Queue(client, clock), exchanges, coingecko, SliceLimits(), stopping)
            file = outline(configured)
            await _warn_of_other_files(file, client)
            heart = asyncio.create_task(beat(client, file))
            with listening(settings):
                await _work_until(stopping, context, client)
            await cancelled([heart])
            await leave(client)


async def _warn_of_other_files(own: str, client: ArqRedis) -> None:
    try:
        files = await live_files(client)
    except (RedisError, OSError) as error:
        _log.warning("the exchanges files of other workers cannot be asked for: %s", error)
        return
    for name, file in files.items():
        if found := difference(own, file):
            told = (
                "the exchanges file of the worker %s %s: this worker's counts from now on, so restart that one with it"
            )
            _log.warning(told, name, found)


def _stop_on_signal() -> asyncio.Event:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    return stopping


async def _work_until(stopping: asyncio.Event, context: WorkerContext, client: ArqRedis) -> None:
    """Arq's worker ends when Redis goes away; a new one takes its place until we are told to stop."""
    while not stopping.is_set():
        worker = arq_worker(context, client)
        working = asyncio.create_task(worker.async_run())
        stop = asyncio.create_task(stopping.wait())
        await asyncio.wait({working, stop}, return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        await _wind_up(worker, working)
        if not stopping.is_set():
            await asyncio.sleep(_RECONNECT_SECONDS)


async def _wind_up(worker: Worker, working: "asyncio.Task[None]") -> None:
    worker.allow_pick_jobs = False
    if worker.tasks:
        await asyncio.wait(worker.tasks.values(), timeout=_GRACE_SECONDS)
    for outcome in await cancelled([*worker.tasks.values(), working]):
        if isinstance(outcome, RedisError | OSError):
            _log.warning("the queue is away: %s", outcome)
        elif isinstance(outcome, Exception):
            _log.error("the worker stumbled", exc_info=outcome)


def arq_worker(context: WorkerContext, client: ArqRedis, **options: Any) -> Worker:
    """Arq as we use it: only a push, with nothing kept and nothing pickled."""
    return Worker(
        functions=[func(cast("Any", job), keep_result=0) for job in (sync, load)],
        cron_jobs=[
            cron(cast("Any", made_up_for(forward)), second=set(range(0, 60, 2))),
            cron(cast("Any", made_up_for(sweep)), second=set(range(1, 60, 2))),
            cron(cast("Any", made_up_for(set_going)), minute=set(range(4, 60, 5)), second=30),
            cron(cast("Any", made_up_for(repair)), hour=3, minute=17, second=0),
            cron(cast("Any", made_up_for(refresh_all_markets)), hour=4, minute=23, second=0),
            cron(cast("Any", made_up_for(refresh_coins)), minute=7, second=0),
            cron(cast("Any", made_up_for(forget)), minute=41, second=0),
        ],
        queue_name=QUEUE_NAME,
        redis_pool=client,
        handle_signals=False,
        max_jobs=_MAX_JOBS,
        job_timeout=_JOB_SECONDS,
        keep_result=0,
        max_tries=_MAX_TRIES,
        poll_delay=_POLL_SECONDS,
        job_serializer=serialize,
        job_deserializer=deserialize,
        log_results=False,
        ctx={"worker": context},
        **options,
    )
