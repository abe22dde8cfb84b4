"""A new version takes the place of the old one while everybody works."""

import random

from tests.chaos import restarts
from tests.chaos.report import Report
from tests.chaos.stage import Stage

# Between requests of each of ten clients: other tests need the machine, too.
_REST_SECONDS = 0.2


async def test_api_and_workers_are_replaced_under_load_and_nobody_notices(stage: Stage, report: Report) -> None:
    """No request fails and no job is lost; whoever keeps a connection open is told with an answer that it closes."""
    await restarts.replace_all(stage, report, random.Random(report.seed), rounds=1, rest=_REST_SECONDS)
    report.check()
