"""Short versions of `make chaos`: everything is killed, and nothing is lost."""

import random

from tests.chaos import kills
from tests.chaos.report import Report
from tests.chaos.stage import Stage

# Minutes of blows, and kills among them.
_MINUTES = 0.08
_KILLS = 10


async def test_whatever_is_killed_whenever_the_candles_equal_the_exchanges(stage: Stage, report: Report) -> None:
    """Workers, API, PostgreSQL and Valkey: nothing lost, nothing twice, no job stuck, no progress backwards."""
    await kills.on(stage, report, _MINUTES, fewest_kills=_KILLS)
    report.check()


async def test_whoever_asks_for_a_job_while_the_api_is_killed_gets_one(stage: Stage, report: Report) -> None:
    """Two hundred at once, each of whom asks again until told."""
    await kills.of_the_api_in_a_rush(stage, report, random.Random(report.seed))
    report.check()
