"""Fifteen exchanges in trouble, for a moment; `python -m tests.chaos faults` does the same at length."""

import random

from tests.chaos.faults import one_job
from tests.chaos.report import Report
from tests.workers.conftest import Collector

JOBS = 25


async def test_random_troubles_on_random_pages_lose_nothing_and_claim_nothing_false(
    collector: Collector, report: Report
) -> None:
    """Another seed each time, which a failure tells."""
    lot = random.Random(report.seed)
    for _ in range(JOBS):
        await one_job(collector, lot, report)

    assert sum(report.faults.values()) >= JOBS / 4, str(report)
    report.check()
