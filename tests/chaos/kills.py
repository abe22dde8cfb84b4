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

_FEWEST_KILLS: Final = 20

# Seconds after which queries are answered again, once a part is back.
_ANSWERING_SECONDS: Final = 5.0

# Seconds between blows, so that jobs come further between some of them, and not between others; and of absences.
_LONGEST_PAUSE: Final = 1.5
_LONGEST_ABSENCE: Final = 0.8

# Pages of a pair for each minute: more than can be stored meanwhile.
_PAGES_A_MINUTE: Final = 90


async def run(seed: int, minutes: float) -> Report:
    report = Report("Kill -9 of workers, API, PostgreSQL and Valkey at random instants", seed)
    async with staged(workers=2) as stage:
        await on(stage, report, minutes, fewest_kills=_FEWEST_KILLS)
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
