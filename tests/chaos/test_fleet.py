"""Several workers and APIs act as one."""

import random
from collections.abc import AsyncIterator

import pytest_asyncio

from tests.chaos import fleet, schedule
from tests.chaos.report import Report
from tests.chaos.stage import Stage

_STEADY_SECONDS = 5.0
_TICKS = 4


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def crew(stage: Stage) -> AsyncIterator[Stage]:
    """Three workers on an exchange that allows twenty requests a second."""
    async with fleet.fleet(stage, fleet.RATE_LIMIT) as crew:
        yield crew


async def test_three_workers_use_what_an_exchange_allows_and_not_one_request_more(crew: Stage, report: Report) -> None:
    """Thirty backfills at once; each tells how long it waited."""
    await fleet.budget(crew, report, seconds=_STEADY_SECONDS)
    report.check()


async def test_a_hundred_callers_of_two_apis_get_one_job_that_fetches_each_page_once(
    crew: Stage, report: Report
) -> None:
    """One of them made it."""
    await fleet.one_sync(crew, report)
    report.check()


async def test_two_apis_never_answer_from_before_a_write(crew: Stage, report: Report) -> None:
    """Whatever either of them remembers, or both do in Valkey."""
    await fleet.one_truth(crew, report, writes=20)
    report.check()


async def test_a_key_finds_its_job_after_the_api_died_before_it_could_tell(crew: Stage, report: Report) -> None:
    """And after both it and Valkey were started again."""
    await fleet.crash_before_the_reply(crew, report)
    report.check()


async def test_each_tick_of_the_schedule_runs_once_though_a_worker_stands_still(crew: Stage, report: Report) -> None:
    """None runs twice, and none is left out."""
    await schedule.ticks(crew, report, count=_TICKS, lot=random.Random(report.seed))
    report.check()
