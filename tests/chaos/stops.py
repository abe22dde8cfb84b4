"""SIGTERM: the page or request at hand is finished, the lease given back, and nobody waits long for either."""

import asyncio
import random
import signal
import time
from typing import Final

from tests.chaos.collection import Backfills
from tests.chaos.nursery import ENDED
from tests.chaos.parts import going_on, until
from tests.chaos.report import Report
from tests.chaos.stage import RECOVERY_SECONDS, Stage, staged

# Seconds that anything takes to stop, and after which somebody else goes on.
_STOP_SECONDS: Final = 5.0
_RESUME_SECONDS: Final = 5.0

_FEWEST_STOPS: Final = 20
_LONGEST_PAUSE: Final = 3.0
_PAGES_A_STOP: Final = 4

_SLOW: Final = "{ coins { totalCount } }"
_OPEN: Final = "SELECT count(*) FROM sync_jobs WHERE status IN (0, 1)"
_HELD: Final = "SELECT count(*) FROM sync_jobs WHERE status IN (0, 1) AND leased_until > now()"
_STORED: Final = "SELECT coalesce(sum(pages_fetched), 0) FROM sync_jobs"


async def run(seed: int, minutes: float) -> Report:
    async with staged(workers=2) as stage:
        report = Report("SIGTERM to workers and API at random instants", seed)
        lot, deadline, stops = random.Random(seed), time.monotonic() + minutes * 60, _FEWEST_STOPS
        await stop_workers(stage, report, lot, stops)
        await stop_api(stage, report)
        while time.monotonic() < deadline:
            await stop_api(stage, report)
        return report


async def stop_workers(stage: Stage, report: Report, lot: random.Random, stops: int) -> None:
    """All of them at once, in the middle of backfills, again and again."""
    backfills = await Backfills.begun(stage, pages=_PAGES_A_STOP * stops, step="5m")
    slowest = 0.0
    async with going_on(backfills.watch()):
        await until(backfills.have_begun, "the backfills to begin")
        for _ in range(stops):
            await asyncio.sleep(lot.uniform(0, min(_LONGEST_PAUSE, stops)))
            took = await asyncio.gather(*(worker.end(signal.SIGTERM) for worker in stage.workers))
            slowest = max(slowest, *took)
            report.faults["SIGTERM to a worker"] += len(took)
            await _resume(stage, report)
    report.at_most("slowest stop of a worker", slowest, _STOP_SECONDS, "s")
    await backfills.end()
    await backfills.judge(report, kills=report.faults["SIGTERM to a worker"])
    for worker in stage.workers:
        report.at_least(f"clean ends of {worker.name}", worker.log.read_text().count(f"{ENDED} 0"), stops)


async def _resume(stage: Stage, report: Report) -> None:
    """Nobody holds a job when all workers have stopped, and new ones go on at once."""
    async with stage.sql() as db:
        report.at_most("leases not given back", await db.fetchval(_HELD), 0)
        before = await db.fetchval(_STORED)
        for worker in stage.workers:
            await worker.up()

        async def has_resumed() -> bool:
            return bool(await db.fetchval(_STORED) > before or not await db.fetchval(_OPEN))

        await until(stage.has_all_workers, "the workers to start")
        report.at_most("pages stored again", await until(has_resumed, "pages"), _RESUME_SECONDS, "s")


async def stop_api(stage: Stage, report: Report) -> None:
    """A request that can still be answered is; one that cannot is told so, and the process ends with status 0."""
    for held, expected in ((1.0, None), (2 * _STOP_SECONDS, "UNAVAILABLE")):
        ends = stage.api.log.read_text().count(f"{ENDED} 0")
        async with stage.sql() as db:
            hold = db.transaction()
            await hold.start()
            await db.execute("LOCK TABLE coins IN ACCESS EXCLUSIVE MODE")
            asked = asyncio.create_task(stage.ask(_SLOW))
            await asyncio.sleep(0.2)
            ending = asyncio.create_task(stage.api.end(signal.SIGTERM))
            report.faults["SIGTERM to the API with a slow query"] += 1
            await asyncio.wait({asked}, timeout=held)
            await hold.rollback()
        report.at_least(f"slow queries told {expected or 'what they asked'}", (await asked).code == expected, 1)
        report.at_most("stop of the API", await ending, _STOP_SECONDS, "s")
        report.at_least("clean ends of the API", stage.api.log.read_text().count(f"{ENDED} 0") - ends, 1)
        await stage.api.up()
        await until(stage.is_answering, "answers", RECOVERY_SECONDS)
