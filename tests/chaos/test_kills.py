"""Short versions of `make chaos`: everything is killed, and nothing is lost."""

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
