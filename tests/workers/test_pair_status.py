"""A pair's status follows from its ledger and its jobs, at any instant."""

from datetime import timedelta

import pytest

from domain.models import Pair as StoredPair
from domain.models import PairStatus, SyncKind
from domain.storage import jobs, pairs
from domain.storage.backlog import backlog
from domain.storage.jobs import JobRequest
from domain.timerange import TimeRange
from tests import factories
from tests.exchange import faults
from tests.workers.conftest import Collector


async def standing(pair: StoredPair) -> PairStatus:
    found = (await pairs.get(pair.id)).status
    listed = await pairs.listed(pairs.PairFilter(status=found)).count()
    assert listed == 1, "the filter chooses by what is shown"
    return found


async def begin(collector: Collector, pair: StoredPair) -> None:
    """Cancels an INITIAL job after its first page."""
    collector.limit_slices_to_one_page()
    job_id = await collector.ask(pair, JobRequest(SyncKind.INITIAL))
    await collector.slice(job_id)
    assert await standing(pair) is PairStatus.SYNCING
    await jobs.cancel(job_id, collector.market.now())


async def test_a_pair_whose_job_was_cancelled_stands_as_its_ledger_does(collector: Collector) -> None:
    """What was stored is current, though it does not go back all the way; nothing is at work any more."""
    pair = await collector.add("okx")
    await begin(collector, pair)

    assert await standing(pair) is PairStatus.SYNCED


async def test_a_pair_whose_job_was_cancelled_before_anything_was_stored_is_pending(collector: Collector) -> None:
    pair = await collector.add("okx")
    job_id = await collector.ask(pair, JobRequest(SyncKind.INITIAL))
    await collector.take(job_id)
    assert await standing(pair) is PairStatus.SYNCING

    await jobs.cancel(job_id, collector.market.now())

    assert await standing(pair) is PairStatus.PENDING


async def test_a_pair_has_failed_again_when_the_next_attempt_is_cancelled(collector: Collector) -> None:
    """Giving up an attempt mends nothing."""
    pair = await collector.add("binance")
    collector.loopback.faults.add("klines", faults.html(502), times=faults.ALWAYS)
    await collector.run(pair, JobRequest(SyncKind.FORWARD))
    job_id = await collector.ask(pair, JobRequest(SyncKind.FORWARD))
    await collector.take(job_id)
    assert await standing(pair) is PairStatus.SYNCING

    await jobs.cancel(job_id, collector.market.now())

    assert await standing(pair) is PairStatus.FAILED


@pytest.mark.parametrize(
    ("step", "age", "status"),
    [
        ("1m", timedelta(minutes=3), PairStatus.SYNCED),
        ("1m", timedelta(minutes=5), PairStatus.STALE),
        ("1d", timedelta(hours=23), PairStatus.SYNCED),
        ("1d", timedelta(hours=26), PairStatus.STALE),
        ("1M", timedelta(days=31), PairStatus.SYNCED),
        ("1M", timedelta(days=33), PairStatus.STALE),
    ],
)
async def test_a_pair_becomes_stale_by_itself(
    collector: Collector, step: str, age: timedelta, status: PairStatus
) -> None:
    """No worker has to be there to tell: it may be the workers that are gone."""
    pair = await collector.add("binance", step=step)
    newest = collector.market.now() - age
    await factories.cover(pair, TimeRange(newest - timedelta(days=62), newest))

    assert await standing(pair) is status
    assert (await backlog(collector.market.now())).pairs[status] == 1
