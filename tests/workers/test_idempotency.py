"""A request that is repeated under its key has the effect of one."""

import asyncio

import pytest

from domain.errors import ConflictError
from domain.models import SyncJob, SyncKind
from domain.storage import jobs
from domain.storage.jobs import JobRequest
from tests.workers.conftest import Collector

FORWARD = JobRequest(SyncKind.FORWARD)


async def test_a_key_finds_its_job_also_when_that_has_ended(collector: Collector) -> None:
    """For ever, and nothing new is begun."""
    pair = await collector.add("binance")
    first = await jobs.ask_once(pair.id, FORWARD, "once")
    await collector.finish(first.id)

    again = await jobs.ask_once(pair.id, FORWARD, "once")

    assert (again.id, again.is_new) == (first.id, False)
    assert await SyncJob.all().count() == 1


async def test_a_key_that_met_an_open_job_stands_for_that_one(collector: Collector) -> None:
    """Several keys may stand for one job; each still finds it when it has ended."""
    pair = await collector.add("binance")
    first = await jobs.ask_once(pair.id, FORWARD, "one")
    await jobs.ask_once(pair.id, FORWARD, "two")
    await collector.finish(first.id)

    again = [await jobs.ask_once(pair.id, FORWARD, key) for key in ("one", "two")]

    assert [(job.id, job.is_new) for job in again] == [(first.id, False)] * 2


async def test_fifty_at_once_with_one_key_are_one(collector: Collector) -> None:
    """One of them made the job."""
    pair = await collector.add("binance")

    asked = await asyncio.gather(*(jobs.ask_once(pair.id, FORWARD, "once") for _ in range(50)))

    assert len({job.id for job in asked}) == 1
    assert sum(job.is_new for job in asked) == 1


async def test_of_two_wishes_under_one_key_at_once_one_is_refused_and_leaves_nothing(collector: Collector) -> None:
    """Three pairs under a key: one has a job, and who asked for the others was told."""
    pairs = [await collector.add("binance", symbol) for symbol in ("BTC/USDT", "BTC/USD", "ETH/BTC")]

    asked = await asyncio.gather(
        *(jobs.ask_once(pair.id, FORWARD, "once") for pair in pairs * 5), return_exceptions=True
    )

    assert await SyncJob.all().count() == 1
    assert sum(isinstance(outcome, ConflictError) for outcome in asked) == 10


async def test_another_wish_under_a_used_key_is_refused(collector: Collector) -> None:
    """Also one for the same pair."""
    pair = await collector.add("binance")
    await jobs.ask_once(pair.id, FORWARD, "once")

    with pytest.raises(ConflictError, match="idempotencyKey"):
        await jobs.ask_once(pair.id, JobRequest(SyncKind.INITIAL), "once")
