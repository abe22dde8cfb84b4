"""Short versions of `make chaos`: subscriptions while everything breaks, and for very many at once."""

import random

from tests.chaos import live
from tests.chaos.report import Report
from tests.chaos.stage import Stage


async def test_clients_end_with_the_truth_whatever_breaks(stage: Stage, report: Report) -> None:
    """The API killed, Valkey killed and frozen, clients that leave and come back."""
    await live.truth(stage, report, random.Random(report.seed), symbol="BTC/USDT", pages=12, breaks=3)
    report.check()


async def test_five_hundred_clients_are_told_in_half_a_second(stage: Stage, report: Report) -> None:
    """And the process stays under 300 MB."""
    await live.fan_out(stage, report, events=8)
    report.check()
