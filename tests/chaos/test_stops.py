"""SIGTERM ends a process in good order, and soon."""

import random

from tests.chaos import stops
from tests.chaos.report import Report
from tests.chaos.stage import Stage


async def test_workers_finish_their_pages_and_give_their_jobs_back(stage: Stage, report: Report) -> None:
    """Within five seconds; new ones go on where they stopped, and nothing is fetched twice."""
    await stops.stop_workers(stage, report, random.Random(report.seed), stops=1)
    report.check()


async def test_the_api_answers_every_request_before_it_ends(stage: Stage, report: Report) -> None:
    """With what was asked where that is to be had in time, else with UNAVAILABLE; its status is 0."""
    await stops.stop_api(stage, report)
    report.check()
