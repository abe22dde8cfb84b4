"""A short version of `make chaos`: everything that clients do, at once, and nothing stays behind."""

import random

from tests.chaos import soak
from tests.chaos.report import Report
from tests.chaos.stage import Stage


async def test_after_all_load_nothing_is_held_that_was_not_before(stage: Stage, report: Report) -> None:
    """No file, thread or connection; nobody was told anything but the answer, and no log holds a trace."""
    await soak.endure(stage, report, random.Random(report.seed), minutes=0.1, clients=2)
    report.check()
