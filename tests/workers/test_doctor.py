"""The doctor looks at everything but candles: tables, servers, clocks, jobs and exchanges."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain.clock import system_clock
from domain.database import transaction
from domain.exchanges_file import ExchangeConfig
from domain.file_outline import outline
from domain.heartbeat import beat
from domain.models import Exchange, Pair, SyncJob, SyncKind, SyncStatus
from domain.queue import redis as queue_redis
from domain.settings import Settings
from domain.storage import drift
from tests import factories
from tests.api.process import ROOT, environment
from tests.exchange import faults
from tests.workers.conftest import Collector
from tests.workers.doctor import found_by, problems, repaired
from workers.doctor.clocks import clocks, compared
from workers.doctor.consultation import Consultation
from workers.doctor.database import database, disk, room
from workers.doctor.exchanges import exchanges
from workers.doctor.finding import State
from workers.doctor.jobs import jobs
from workers.doctor.patient import Patient
from workers.doctor.redis import redis
from workers.doctor.schema import schema
from workers.jobs import schedule

HOUR = timedelta(hours=1)


@pytest.fixture
async def patient(collector: Collector, settings: Settings) -> AsyncIterator[Patient]:
    """One with a worker that is alive."""
    worker = collector.worker
    heart = asyncio.create_task(beat(worker.queue.redis, outline([])))
    while not await worker.queue.redis.exists("candelabra:workers"):  # noqa: ASYNC110  # Redis is waited for
        await asyncio.sleep(0.01)
    yield Patient(settings, worker.clock, worker.queue, worker.exchanges, lambda _: None)
    heart.cancel()


async def test_a_current_schema_is_said_to_be(patient: Patient) -> None:
    """Tables, triggers, checks and indexes are those that the migrations have made."""
    [finding] = await found_by(schema, patient)
    assert finding.state is State.OK


class _UndoError(Exception):
    """Ends a transaction whose changes nobody wants."""


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            "ALTER TABLE candles DISABLE TRIGGER candles_removed",
            "candles_removed on candles is missing or switched off",
        ),
        ("DROP TRIGGER coverage_changed ON coin_exchanges", "coverage_changed on coin_exchanges is missing"),
        ("ALTER TABLE candles ALTER volume TYPE numeric(20,8)", "candles.volume is numeric(20,8) instead of numeric"),
        ("ALTER TABLE coins DROP COLUMN image_url", "coins.image_url is missing"),
        ("ALTER TABLE candles DROP CONSTRAINT candles_pkey", "candles lacks the primary key"),
        ("ALTER TABLE candles DROP CONSTRAINT candles_prices", "candles lacks the check candles_prices"),
        ("DROP TABLE ticks", "there is no table ticks"),
        ("DROP INDEX uid_sync_jobs_open", "the index uid_sync_jobs_open is missing"),
    ],
)
async def test_tables_that_were_changed_by_hand_are_told(settings: Settings, change: str, told: str) -> None:
    """Whatever the list of applied migrations says."""
    with suppress(_UndoError):
        async with transaction() as db:
            await db.execute(change)
            found = await drift.differences()
            raise _UndoError
    assert told in "; ".join(found)
    assert await drift.differences() == []


async def test_a_schema_that_is_behind_is_told(patient: Patient) -> None:
    """With the command that helps."""
    elsewhere = patient.settings.model_copy(update={"db_name": "postgres"})
    [finding] = await found_by(schema, replace(patient, settings=elsewhere))
    assert (finding.state, finding.remedy) == (State.PROBLEM, "Run `python -m domain.migrate`.")


async def test_a_server_that_forces_nothing_to_disk_is_told(patient: Patient) -> None:
    """As those of tests are."""
    [finding] = await found_by(database, patient)
    assert finding.state is State.WARNING
    assert "fsync and full_page_writes and synchronous_commit off" in str(finding)


async def test_room_on_the_disk_is_told_where_it_is_known(patient: Patient) -> None:
    """Beside DATA_DIR; of a server elsewhere only how much it holds."""
    [here] = await found_by(disk, patient)
    assert "free" in here.found
    elsewhere = patient.settings.model_copy(update={"db_host": "db.example"})
    [there] = await found_by(disk, replace(patient, settings=elsewhere))
    assert (there.state, "cannot be told from here" in there.found) == (State.UNKNOWN, True)


@pytest.mark.parametrize(
    ("free", "a_day", "state"),
    [
        (50e9, 0, State.OK),
        (50e9, 1e6, State.OK),
        (50e9, 20e6, State.WARNING),  # 19 days
        (0.5e9, 0, State.PROBLEM),
    ],
)
def test_room_is_measured_in_days(free: float, a_day: float, state: State) -> None:
    """Of what active pairs bring; a gigabyte is too little for anybody."""
    finding = room(1_300_000_000, int(free), a_day)
    assert finding.state is state
    assert "takes 1.3 GB" in finding.found


async def test_a_redis_that_drops_things_is_told(patient: Patient) -> None:
    """A problem where it may drop anything, a warning where only what has an expiry; full is a problem, too."""
    client = patient.queue.redis
    usual = [State.WARNING]  # those of tests keep nothing on disk
    assert [finding.state for finding in await problems(redis, patient)] == usual
    try:
        for policy, state in (("allkeys-lru", State.PROBLEM), ("volatile-ttl", State.WARNING)):
            await client.config_set("maxmemory-policy", policy)
            evicts, _ = await problems(redis, patient)
            assert (evicts.state, policy in evicts.found) == (state, True)
        await client.config_set("maxmemory-policy", "noeviction")
        await client.config_set("maxmemory", "1mb")
        full, _ = await problems(redis, patient)
        assert (full.state, "of its memory is taken" in full.found) == (State.PROBLEM, True)
    finally:
        await client.config_set("maxmemory", "0")
        await client.config_set("maxmemory-policy", "noeviction")


async def test_clocks_that_agree_are_said_to(patient: Patient) -> None:
    """Ours, PostgreSQL's and Redis'."""
    [finding] = await found_by(clocks, replace(patient, clock=system_clock))
    assert (finding.state, finding.found) == (State.OK, "This machine and PostgreSQL and Redis agree on the time.")


@pytest.mark.parametrize(("skew", "word"), [(HOUR, "behind"), (-HOUR, "ahead of")], ids=str)
async def test_a_clock_that_is_wrong_is_told(patient: Patient, skew: timedelta, word: str) -> None:
    """By whom it differs, and by how much."""
    wrong = replace(patient, clock=lambda: system_clock() + skew)
    found = await problems(clocks, wrong)
    assert [finding.state for finding in found] == [State.PROBLEM] * 2
    assert f"The clock of PostgreSQL is 3,600 s {word} this machine's." in str(found[0])


def test_what_the_way_there_takes_is_no_difference() -> None:
    """Nor is a second."""
    assert compared("Redis", timedelta(seconds=1)) is None


async def test_jobs_that_run_are_well(collector: Collector, patient: Patient) -> None:
    """Leased, pushed a moment ago, put off by an exchange's ban, or ended."""
    now = patient.clock()
    well: dict[str, dict[str, Any]] = {
        "A/USDT": {"status": SyncStatus.RUNNING, "leased_until": now + timedelta(seconds=9)},
        "B/USDT": {"pushed_at": now - timedelta(seconds=9), "created_at": now - HOUR},
        "C/USDT": {"run_after": now + HOUR, "pushed_at": now + HOUR, "created_at": now - HOUR},
        "D/USDT": {"status": SyncStatus.FAILED, "created_at": now - HOUR},
    }
    for symbol, values in well.items():
        pair = await factories.pair(symbol, due_at=now + timedelta(minutes=1))
        await factories.job(pair, **values)
    [finding] = await found_by(jobs, patient)
    assert finding.state is State.OK, finding


@pytest.mark.parametrize(
    ("minutes", "told"),
    [
        ({"created_at": -60}, "has been due since"),
        ({"created_at": -60, "pushed_at": -5}, "has been due since"),
        ({"created_at": -60, "pushed_at": -5, "leased_until": -4, "status": 1}, "has been gone since"),
        ({"created_at": -60, "leased_until": 60, "status": 1}, "longer than any worker holds a job"),
        ({"created_at": -60, "run_after": 6_000}, "longer than anything is put off"),
        ({"created_at": -60, "pushed_at": 6_000}, "no worker was told"),
    ],
    ids=str,
)
async def test_a_job_that_nothing_comes_back_to_is_told_and_set_going(
    collector: Collector, patient: Patient, minutes: dict[str, int], told: str
) -> None:
    """A push that was lost, a worker that is gone, times of a clock that was wrong; it then runs to its end."""
    pair = await collector.add("binance")
    status = SyncStatus(minutes.get("status", 0))
    times: dict[str, Any] = {
        name: patient.clock() + timedelta(minutes=value) for name, value in minutes.items() if name != "status"
    }
    job = await SyncJob.create(pair_id=pair.id, kind=SyncKind.FORWARD, status=status, **times)
    await Pair.filter(id=pair.id).update(due_at=patient.clock())

    [finding] = await problems(jobs, patient)
    assert (finding.state, told in finding.found) == (State.PROBLEM, True)
    assert "binance BTC/USDT 1m" in finding.found

    await repaired(finding)
    assert await problems(jobs, patient) == []
    await collector.work_off(job.id)
    assert (await SyncJob.get(id=job.id)).status is SyncStatus.SUCCEEDED


async def test_workers_that_are_gone_are_told(patient: Patient) -> None:
    """With how to start one."""
    await patient.queue.redis.delete("candelabra:workers")
    [finding] = await problems(jobs, patient)
    assert (finding.state, "make worker" in finding.remedy) == (State.PROBLEM, True)


async def test_workers_that_go_by_different_files_are_told(patient: Patient) -> None:
    """With what differs: what the last one that started knows is what is collected."""
    other = outline([ExchangeConfig(name="okx"), ExchangeConfig(name="kraken")])
    await patient.queue.redis.zadd("candelabra:workers", {"elsewhere:7": 1 << 40})
    await patient.queue.redis.hset("candelabra:workers:files", "elsewhere:7", other)  # type: ignore[misc]
    [finding] = await problems(jobs, patient)
    assert finding.state is State.PROBLEM
    assert "elsewhere:7 also has kraken, okx" in finding.found


@pytest.mark.parametrize("due_in", [None, -2 * HOUR, 400 * HOUR], ids=str)
async def test_a_pair_that_the_schedule_has_lost_is_made_due(
    collector: Collector, patient: Patient, due_in: timedelta | None
) -> None:
    """Its candles would never come, or not for days."""
    pair = await collector.add("binance")
    await Pair.filter(id=pair.id).update(due_at=None if due_in is None else patient.clock() + due_in)

    [finding] = await problems(jobs, patient)
    assert "lost sight of binance BTC/USDT 1m" in finding.found

    await repaired(finding)
    assert await problems(jobs, patient) == []
    await schedule.forward(collector.tick("forward"))
    assert await SyncJob.filter(pair_id=pair.id, kind=SyncKind.FORWARD).count() == 1


@pytest.fixture
def of_binance(patient: Patient) -> Patient:
    """An installation with a single exchange."""
    gateways = {"binance": patient.exchanges.gateways["binance"]}
    return replace(patient, exchanges=replace(patient.exchanges, gateways=gateways))


async def test_an_exchange_that_answers_is_said_to(of_binance: Patient) -> None:
    """With what it lists that is traded."""
    [finding] = await found_by(exchanges, of_binance)
    assert (finding.state, "lists 2 active symbols" in finding.found) == (State.OK, True)


async def test_an_exchange_that_is_away_is_told(collector: Collector, of_binance: Patient) -> None:
    """And what that means."""
    collector.loopback.faults.add("/binance", faults.reply(503), times=faults.ALWAYS)
    [finding] = await found_by(exchanges, of_binance)
    assert (finding.state, "EXCHANGE_UNAVAILABLE" in finding.remedy) == (State.PROBLEM, True)


async def test_an_exchange_that_bans_us_is_not_asked(collector: Collector, of_binance: Patient) -> None:
    """Asking would make it longer."""
    client = of_binance.exchanges.gateways["binance"].wire.client
    await client.budget.ban(90)
    collector.loopback.requests.clear()
    client.request_milliseconds = 5
    try:
        [finding] = await found_by(exchanges, of_binance)
    finally:
        client.request_milliseconds = 0
    assert finding.state is State.WARNING
    assert "wants to be left alone for" in finding.found
    assert collector.loopback.requests == []


async def test_an_exchange_whose_time_differs_is_told(collector: Collector, of_binance: Patient) -> None:
    """By its Date header."""
    collector.use_clock(lambda: collector.market.now() + HOUR)
    [finding] = await found_by(exchanges, of_binance)
    assert (finding.state, "The clock of binance is 3," in finding.found) == (State.PROBLEM, True)


async def test_pairs_that_are_not_traded_any_more_are_told(collector: Collector, of_binance: Patient) -> None:
    """With what to do about it."""
    await collector.add("binance", "ETH/BTC")
    [finding] = await found_by(exchanges, of_binance)
    assert (finding.state, "ETH/BTC" in finding.found) == (State.WARNING, True)
    assert "setPairActive" in finding.remedy


async def test_pairs_of_an_exchange_that_is_not_configured_are_told(collector: Collector, of_binance: Patient) -> None:
    """Their jobs could only fail."""
    await collector.add("kraken")
    _, finding = await found_by(exchanges, of_binance)
    assert (finding.state, "kraken has 1 active pairs" in finding.found) == (State.PROBLEM, True)


async def test_an_exchange_that_another_file_took_away_is_told(of_binance: Patient) -> None:
    """Nothing comes of it any more, though the file names it."""
    await Exchange.filter(name="binance").update(is_configured=False)
    [finding] = await problems(exchanges, of_binance)
    assert (finding.state, "Restart the workers" in finding.remedy) == (State.PROBLEM, True)


async def said(patient: Patient, *, repairs: bool = False) -> tuple[int, list[str]]:
    """Open problems, and the lines."""
    lines = list[str]()
    consultation = Consultation(patient, repairs, lines.append)
    await consultation.hold()
    return consultation.open_problems, lines


async def test_a_line_is_said_for_each_check(collector: Collector, of_binance: Patient) -> None:
    """A problem stays one until it is repaired; warnings are none."""
    pair = await collector.add("binance")
    await SyncJob.create(pair_id=pair.id, kind=SyncKind.FORWARD, created_at=system_clock() - HOUR)
    collector.use_clock(system_clock)
    patient = replace(of_binance, clock=system_clock)

    open_problems, lines = await said(patient)
    checks = ["schema", "redis", "database", "disk", "clock", "jobs", "exchange", "ledger"]
    assert [line.split()[1] for line in lines] == checks
    assert (open_problems, [line.split()[1] for line in lines if line.startswith("PROBLEM")]) == (1, ["jobs"])

    open_problems, lines = await said(patient, repairs=True)
    assert open_problems == 0
    assert "repaired  jobs      1 jobs are free for the taking, and pushed." in lines
    assert (await said(patient))[0] == 0


async def test_a_server_that_is_away_is_told_and_the_rest_is_examined(of_binance: Patient) -> None:
    """Nothing breaks off, with repairs neither."""
    async with queue_redis("redis://127.0.0.1:1") as nowhere:
        away = replace(of_binance, queue=replace(of_binance.queue, redis=nowhere), clock=system_clock)
        open_problems, lines = await said(away, repairs=True)
    assert (open_problems, [line.split()[1] for line in lines if line.startswith("PROBLEM")]) == (1, ["redis"])
    assert len(lines) == 8


async def test_a_database_that_is_away_leaves_most_untold(of_binance: Patient) -> None:
    """And says so."""
    away = of_binance.settings.model_copy(update={"db_host": "/nowhere"})
    open_problems, lines = await said(replace(of_binance, settings=away))
    assert (open_problems, lines[0].split()[:2]) == (1, ["PROBLEM", "schema"])
    assert lines[-1].startswith("unknown   database, disk, clock, jobs, exchange, ledger")


def test_the_command_says_what_it_finds(settings: Settings) -> None:
    """`python -m workers.doctor`; status 1, for no worker is alive."""
    environ = environment(settings, EXCHANGES_FILE=str(settings.exchanges_file))
    done = subprocess.run(
        [sys.executable, "-m", "workers.doctor"], cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (1, "")
    [problem] = [line for line in done.stdout.splitlines() if line.startswith("PROBLEM")]
    assert problem.startswith("PROBLEM   jobs      No worker is alive. Nothing is collected, and jobs wait. Start one:")
