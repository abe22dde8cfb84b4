"""The doctor holds the ledger against the candles: what was lost past all guards is told, and fetched again."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.candle import Row
from domain.clock import instant
from domain.database import connection
from domain.interval import interval
from domain.models import Pair, SyncJob, SyncKind, SyncStatus
from domain.settings import Settings
from domain.storage.jobs import JobRequest
from domain.timerange import TimeRange
from tests.exchange.made_up import contiguous, resampled, sparse
from tests.workers.conftest import MINUTE, Collector
from tests.workers.doctor import found_by, lose, past_triggers, problems, repaired
from workers.doctor.finding import State
from workers.doctor.ledger import ledger
from workers.doctor.patient import Patient

HOUR = interval("1h")
HISTORY = 1_500  # minutes


@pytest.fixture
def patient(collector: Collector, settings: Settings) -> Patient:
    worker = collector.worker
    return Patient(settings, worker.clock, worker.queue, worker.exchanges, lambda _: None)


async def collected(collector: Collector, rows: Sequence[Row], step: str = "1m") -> Pair:
    """A pair whose history is complete."""
    collector.market.replace("BTC/USDT", step, rows)
    pair = await collector.add("binance", "BTC/USDT", step)
    await collector.run(pair, JobRequest(SyncKind.RANGE, instant(rows[0][0]), instant(rows[-1][0])))
    collector.loopback.requests.clear()
    return pair


def minutes(collector: Collector) -> list[Row]:
    """Some without trades; whole hours, but for the one under way."""
    start = HOUR.shift(HOUR.floor(collector.market.now()), -HISTORY // 60)
    return sparse(contiguous(MINUTE, start, HISTORY + 1), keep=0.9)


async def follow_orders(collector: Collector) -> list[SyncJob]:
    """Does the jobs that the doctor has ordered."""
    ordered = await SyncJob.filter(requested_by="doctor", status=SyncStatus.QUEUED)
    return [await collector.finish(job.id) for job in ordered]


async def test_a_ledger_that_is_true_is_said_to_be(collector: Collector, patient: Patient) -> None:
    """With what cannot be known: whether an empty slot had trades."""
    rows = minutes(collector)
    await collected(collector, rows)

    [finding] = await found_by(ledger, patient)

    assert finding.state is State.OK
    span = (rows[-1][0] - rows[0][0]) // 60_000
    assert f"{len(rows) - 1:,} candles of 1 pairs" in str(finding)
    assert f"{span - len(rows) + 1} covered slots are empty" in str(finding)


@pytest.mark.parametrize("seed", [1, 2])
async def test_lost_candles_are_missed_by_their_count_and_fetched_again(
    collector: Collector, patient: Patient, seed: int
) -> None:
    """Some in the middle and both edges; the minutes without trades are covered again, and nothing is asked twice."""
    rows = minutes(collector)
    pair = await collected(collector, rows)
    covered, kept = await collector.covered(pair), rows[:-1]
    lost = [*random.Random(seed).sample(kept, 40), *kept[:7], *kept[-9:]]
    await lose(pair, [instant(row[0]) for row in lost], is_counted=False)

    [finding] = await problems(ledger, patient)
    assert finding.state is State.PROBLEM
    assert f"binance BTC/USDT 1m: {len(set(lost))} candles that were counted are gone" in str(finding)

    assert "asks the exchange" in await repaired(finding)
    [job] = await follow_orders(collector)
    assert (job.status, job.candles_written) == (SyncStatus.SUCCEEDED, len(set(lost)))
    assert await collector.stored(pair) == kept
    assert await collector.covered(pair) == covered
    assert await problems(ledger, patient) == []


async def test_candles_that_were_lost_with_their_count_are_missed_by_a_longer_interval(
    collector: Collector, patient: Patient
) -> None:
    """The hour had more volume than the minutes that are left of it."""
    rows = minutes(collector)
    pair = await collected(collector, rows)
    await collected(collector, resampled(rows, HOUR), "1h")
    await lose(pair, [instant(row[0]) for row in rows[200:203]], is_counted=True)

    [finding] = await problems(ledger, patient)
    assert finding.state is State.WARNING
    assert "candles of 1h tell of trades in 1 slots of 1h" in str(finding)

    await repaired(finding)
    await follow_orders(collector)
    assert await collector.stored(pair) == rows[:-1]
    assert await problems(ledger, patient) == []


async def test_a_long_candle_that_was_lost_is_missed_by_a_shorter_interval(
    collector: Collector, patient: Patient
) -> None:
    """There were trades in its time."""
    rows = minutes(collector)
    await collected(collector, rows)
    hours = resampled(rows, HOUR)
    pair = await collected(collector, hours, "1h")
    await lose(pair, [instant(hours[5][0]), instant(hours[11][0])], is_counted=True)

    [finding] = await problems(ledger, patient)
    assert "binance BTC/USDT 1h: candles of 1m tell of trades in 2 slots of 1h" in str(finding)

    await repaired(finding)
    [job] = await follow_orders(collector)
    assert job.candles_written == 2
    assert await problems(ledger, patient) == []


async def test_an_exchange_that_contradicts_itself_is_asked_and_then_believed(
    collector: Collector, patient: Patient
) -> None:
    """What it says again is covered again; the doctor goes on wondering, and calls it no problem."""
    rows = minutes(collector)
    hours = resampled(rows, HOUR)
    pair = await collected(collector, [row for row in rows if not hours[3][0] <= row[0] < hours[3][0] + 600_000])
    await collected(collector, hours, "1h")
    covered = await collector.covered(pair)

    [finding] = await problems(ledger, patient)
    await repaired(finding)
    [job] = await follow_orders(collector)

    assert (job.status, job.candles_written) == (SyncStatus.SUCCEEDED, 0)
    assert await collector.covered(pair) == covered
    assert [item.state for item in await problems(ledger, patient)] == [State.WARNING]


async def test_the_journal_knows_what_was_written_lately(collector: Collector, patient: Patient) -> None:
    """A revised candle, gone with its count."""
    rows = minutes(collector)
    pair = await collected(collector, rows)
    changed = (*rows[70][:5], "4.5")
    collector.market.put("BTC/USDT", "1m", [changed])
    at = instant(changed[0])
    await collector.run(pair, JobRequest(SyncKind.RANGE, at, MINUTE.next(at), is_forced=True))
    await lose(pair, [at], is_counted=True)

    [finding] = await problems(ledger, patient)
    assert "1 candles that were written within the last hour are gone" in str(finding)

    await repaired(finding)
    await follow_orders(collector)
    assert changed in await collector.stored(pair)
    assert await problems(ledger, patient) == []


async def test_a_loss_that_nobody_witnessed_looks_like_a_minute_without_trades(
    collector: Collector, patient: Patient
) -> None:
    """The doctor cannot know, and says so; a RANGE with force finds out."""
    rows = minutes(collector)
    pair = await collected(collector, rows)
    await lose(pair, [instant(rows[50][0])], is_counted=True)

    [finding] = await found_by(ledger, patient)
    assert "as far as anything witnesses; a RANGE with force asks" in str(finding)

    span = (instant(rows[0][0]), instant(rows[-1][0]))
    job = await collector.run(pair, JobRequest(SyncKind.RANGE, *span, is_forced=True))
    assert (job.candles_written, await collector.stored(pair)) == (1, rows[:-1])


async def test_candles_where_nothing_is_covered_are_asked_for(collector: Collector, patient: Patient) -> None:
    """They become what the exchange has, and are covered; also before its listing, which was wrong then."""
    rows = minutes(collector)
    pair = await collected(collector, rows)
    strays = [rows[0], rows[3], rows[100]]
    async with connection() as db:
        await db.execute(
            "UPDATE coin_exchanges SET listed_at = $3, covered = covered - tstzmultirange(tstzrange($2, $3)) "
            "WHERE id = $1",
            pair.id,
            instant(strays[0][0]),
            MINUTE.next(instant(strays[-1][0])),
        )
        statement = "UPDATE candles SET volume = 1e6 WHERE series = $1 AND timestamp = ANY($2)"
        await db.execute(statement, pair.series, [instant(row[0]) for row in strays])

    [finding] = await problems(ledger, patient)
    assert "101 candles from" in str(finding)
    assert "outside of what is covered" in str(finding)

    await repaired(finding)
    await follow_orders(collector)
    assert await collector.stored(pair) == rows[:-1]
    assert await problems(ledger, patient) == []


async def test_candles_that_came_in_uncounted_are_counted(collector: Collector, patient: Patient) -> None:
    """And pages that were remembered before are not shown again."""
    rows = minutes(collector)
    pair = await collected(collector, rows)
    await past_triggers("UPDATE coin_exchanges SET candle_count = candle_count - 12 WHERE id = $1", pair.id)
    await pair.refresh_from_db()
    before = pair.version

    [finding] = await problems(ledger, patient)
    assert "12 candles more than counted" in str(finding)

    await repaired(finding)
    await pair.refresh_from_db()
    assert (pair.candle_count, pair.version) == (len(rows) - 1, before + 1)
    assert await problems(ledger, patient) == []


@pytest.mark.parametrize("claim", ["[{end},{later})", "[{end},)", "(,)"])
async def test_what_is_yet_to_come_is_not_covered(collector: Collector, patient: Patient, claim: str) -> None:
    """A ledger that claims it, or all of time, ends at the last closed candle again."""
    rows = minutes(collector)
    pair = await collected(collector, rows)
    [covered] = await collector.covered(pair)
    later = patient.clock() + timedelta(days=2)
    claimed = claim.format(end=covered.end.isoformat(), later=later.isoformat())
    async with connection() as db:
        statement = "UPDATE coin_exchanges SET covered = covered + $2::text::tstzmultirange WHERE id = $1"
        await db.execute(statement, pair.id, f"{{{claimed}}}")

    [finding] = await problems(ledger, patient)
    assert "times that are yet to come" in str(finding)

    await repaired(finding)
    assert await collector.covered(pair) == [TimeRange(covered.start, MINUTE.floor(patient.clock()))]
    assert await problems(ledger, patient) == []


async def test_candles_without_a_pair_are_told_and_left_alone(collector: Collector, patient: Patient) -> None:
    """Nothing is deleted; and no later pair is given their series."""
    pair = await collected(collector, minutes(collector))
    await past_triggers("DELETE FROM coin_exchanges WHERE id = $1", pair.id)
    await past_triggers("SELECT setval('series', $1, FALSE)", pair.series)

    orphans, series = await problems(ledger, patient)
    assert f"belong to no pair: {pair.series}" in str(orphans)
    assert (orphans.state, orphans.repair) == (State.WARNING, None)
    assert "that one or a later one is taken" in str(series)

    await repaired(series)
    assert (await collector.add("binance", "ETH/BTC")).series > pair.series
    assert [finding.state for finding in await problems(ledger, patient)] == [State.WARNING]


async def test_each_of_many_pairs_is_judged_by_itself(collector: Collector, patient: Patient) -> None:
    """Progress is told batch by batch."""
    rows = minutes(collector)
    pairs = [await collector.add("binance", symbol) for symbol in ("BTC/USDT", "BTC/USD", "ETH/BTC")]
    for pair in pairs:
        collector.market.replace(pair.symbol, "1m", rows)
        await collector.run(pair, JobRequest(SyncKind.RANGE, instant(rows[0][0]), instant(rows[-1][0])))
    await lose(pairs[1], [instant(rows[7][0])], is_counted=False)
    told = list[str]()

    [finding] = await problems(ledger, replace(patient, progress=told.append))

    assert "binance BTC/USD 1m: 1 candles" in str(finding)
    assert any(f"of {3 * (len(rows) - 1):,} candles" in line for line in told)
