"""Jobs and imports tell what they stored."""

from datetime import timedelta

from domain.clock import instant
from domain.database import connection
from domain.models import Pair, SyncKind
from domain.storage import provenance
from domain.storage.jobs import JobRequest
from domain.storage.provenance import Origin, SourcedRange
from domain.timerange import TimeRange
from tests.workers.conftest import FAR_FUTURE, Collector

ALWAYS = TimeRange(instant(0), FAR_FUTURE)


async def sources(pair: Pair) -> list[SourcedRange]:
    return await provenance.of(pair.id, ALWAYS)


async def test_the_slices_of_a_job_are_one_source(collector: Collector) -> None:
    """From the first page to the last."""
    collector.limit_slices_to_one_page()
    pair = await collector.add("binance")

    job = await collector.run(pair, JobRequest(SyncKind.INITIAL))

    [found] = await sources(pair)
    assert job.pages_fetched > 1
    assert found.source == provenance.Provenance(Origin.EXCHANGE, job.id)
    assert [found.range] == await collector.covered(pair)
    assert found.first_at
    assert found.last_at
    assert found.first_at < found.last_at


async def test_jobs_of_the_schedule_are_one_source(collector: Collector) -> None:
    """What they settle becomes theirs; sources and coverage stay the same ranges."""
    pair = await collector.add("binance")
    first = await collector.run(pair, JobRequest(SyncKind.INITIAL))
    for _ in range(3):
        collector.advance(timedelta(minutes=2))
        await collector.run(pair, JobRequest(SyncKind.FORWARD, is_scheduled=True))

    asked, scheduled = await sources(pair)

    assert [each.source and each.source.run for each in (asked, scheduled)] == [first.id, None]
    assert asked.range.end == scheduled.range.start
    assert [TimeRange(asked.range.start, scheduled.range.end)] == await collector.covered(pair)


async def test_what_is_fetched_again_has_the_later_source(collector: Collector) -> None:
    """After candles were removed, those slots alone."""
    pair = await collector.add("binance")
    first = await collector.run(pair, JobRequest(SyncKind.INITIAL))
    [everything] = await collector.covered(pair)
    at = everything.start + timedelta(minutes=30)
    async with connection() as db:
        await db.execute(
            "DELETE FROM candles WHERE series = $1 AND timestamp >= $2 AND timestamp < $3",
            pair.series,
            at,
            at + timedelta(minutes=5),
        )

    repair = await collector.run(pair, JobRequest(SyncKind.REPAIR))

    found = await sources(pair)
    assert [each.source and each.source.run for each in found] == [first.id, repair.id, first.id]
    assert found[0].range.start == everything.start
    assert found[-1].range.end == everything.end
