"""Kill -9 of everything at random instants, in a loop, under load."""

import asyncio
import random
import signal
import time
from typing import Final

from domain.queue import redis
from tests.chaos.clients import Clients
from tests.chaos.collection import Backfills
from tests.chaos.parts import Part, going_on, until
from tests.chaos.report import Report
from tests.chaos.stage import RECOVERY_SECONDS, Stage, staged
from tests.tardiness import tardiness

_FEWEST_KILLS: Final = 20
_FEWEST_OF_EACH: Final = 10

# Jobs that are asked for at once, how often, and how many of them are promised at most when the API is killed.
_RUSH: Final = 200
_RUSHES: Final = 5
_MOST_PROMISED: Final = 10

# Seconds after which queries are answered again, once a part is back.
_ANSWERING_SECONDS: Final = 5.0

# Seconds between blows, so that jobs come further between some of them, and not between others; and of absences.
_LONGEST_PAUSE: Final = 1.5
_LONGEST_ABSENCE: Final = 0.8

# Pages of a pair for each minute: more than can be stored meanwhile.
_PAGES_A_MINUTE: Final = 90

_UNFINISHED: Final = "SELECT count(*) FROM sync_jobs WHERE status <> 2 AND NOT is_scheduled"


async def run(seed: int, minutes: float) -> Report:
    report = Report("Kill -9 of workers, API, PostgreSQL and Valkey at random instants", seed)
    async with staged(workers=2) as stage:
        await on(stage, report, minutes, fewest_kills=_FEWEST_KILLS)
        for worker in stage.workers:
            report.at_least(f"kills of {worker.name}", report.faults[f"SIGKILL to {worker.name}"], _FEWEST_OF_EACH)
        for number in range(_RUSHES):
            await of_the_api_in_a_rush(stage, report, random.Random(seed + number))
    return report


async def on(stage: Stage, report: Report, minutes: float, *, fewest_kills: int) -> None:
    """Each part is killed as often as the others, Valkey emptied and PostgreSQL told to stop at once in between."""
    clients = await Clients.of(stage)
    backfills = await Backfills.begun(stage, max(1, round(minutes * _PAGES_A_MINUTE)))
    blows = Blows(stage, backfills, random.Random(report.seed), report, pace=min(1.0, minutes))
    async with going_on(backfills.watch()), going_on(clients.go_on()):
        await blows.fall(minutes * 60, fewest_kills)
    report.at_least("pages left when the last blow fell", backfills.pages_left, 1)
    await backfills.end()
    await backfills.judge(report, blows.kills)
    await clients.judge(report)
    report.at_least("kills", blows.kills, fewest_kills)
    report.at_most(f"traces in the API's log {stage.api.traces()[:2]}", len(stage.api.traces()), 0)


async def of_the_api_in_a_rush(stage: Stage, report: Report, lot: random.Random) -> None:
    """Whoever heard of a job finds it, whoever did not asks again under the same key, and no job is left half made."""
    clients, enough = await Clients.of(stage), lot.randint(1, _MOST_PROMISED)
    keys = [f"rush {lot.random()}" for _ in range(_RUSH)]
    async with tardiness() as clients.machine:
        asked = [asyncio.create_task(clients.sync(key)) for key in keys]
        while len(clients.promised) < enough:  # noqa: ASYNC110  # clients set no event
            await asyncio.sleep(0)
        await stage.api.end(signal.SIGKILL)
        await asyncio.gather(*asked)
    report.faults["API killed in a rush"] += 1
    report.counts["jobs promised before the API died"] += len(clients.promised)
    report.at_least("requests without an answer when the API died", clients.told["no answer"], 1)
    await stage.api.up()
    told = [await clients.sync(key) for key in keys]
    report.at_most(f"requests that were refused again {set(told)}", sum(one != "ok" for one in told), 0)
    await clients.judge(report)
    async with stage.sql() as db:
        report.at_most("jobs that nobody was told of and that did not succeed", await db.fetchval(_UNFINISHED), 0)


class Blows:
    """What falls on a stage, in an order and at instants drawn by lot; `pace` shortens the pauses."""

    def __init__(self, stage: Stage, backfills: Backfills, lot: random.Random, report: Report, pace: float) -> None:
        self._stage = stage
        self._backfills = backfills
        self._lot = lot
        self._report = report
        self._pace = pace
        self._slowest: dict[str, float] = {}
        self.kills = 0

    async def fall(self, seconds: float, fewest_kills: int) -> None:
        """For so long, and until there were enough kills among them."""
        stage = self._stage
        parts: list[Part] = [*stage.workers, stage.api, stage.postgres, stage.valkey]
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline or self.kills < fewest_kills:
            for part in self._lot.sample(parts, len(parts)):
                await self._kill(part, signal.SIGKILL)
                self.kills += 1
            await self._kill(stage.postgres, signal.SIGQUIT)  # pg_ctl stop -m immediate
            await self._flush()
        for name, took in self._slowest.items():
            self._report.at_most(f"queries answered after {name} was back", took, _ANSWERING_SECONDS, "s")

    async def _kill(self, part: Part, number: signal.Signals) -> None:
        await self._pause(_LONGEST_PAUSE)
        self._backfills.up_since = float("inf")
        await part.end(number)
        await self._pause(_LONGEST_ABSENCE)
        await part.up()
        took = await until(self._stage.is_answering, "answers", RECOVERY_SECONDS)
        self._backfills.up_since = time.monotonic()
        self._slowest[part.name] = max(self._slowest.get(part.name, 0.0), took)
        self._report.faults[f"{number.name} to {part.name}"] += 1

    async def _flush(self) -> None:
        await self._pause(_LONGEST_PAUSE)
        async with redis(self._stage.settings.redis_url) as client:
            await client.flushall()
        self._report.faults["Valkey emptied"] += 1

    async def _pause(self, longest: float) -> None:
        await asyncio.sleep(self._pace * self._lot.uniform(0, longest))
