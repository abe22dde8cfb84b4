"""`/metrics`: what the API counts, what it looks up, and what nobody can make it show."""

import os
import signal
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from domain.models import PairStatus, SyncKind, SyncStatus
from domain.settings import Settings
from domain.storage.backlog import backlog
from domain.telemetry.exposition import SHARED_FOLDER
from ops.local.address import free_port
from tests import factories
from tests.api.client import Client
from tests.api.conftest import NOW
from tests.api.process import environment, serving
from tests.exposed import Exposed

CANDLES = '{ candles(exchange: "binance", symbol: "BTC/USDT", interval: "1m", last: 7) { nodes { close open } } }'


async def exposed(api: Client) -> Exposed:
    answer = await api.http.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return Exposed.of(answer.text)


class Growth:
    """By how much series have grown since this was made."""

    def __init__(self, before: Exposed, after: Exposed) -> None:
        self._before, self._after = before, after

    def __call__(self, name: str, **labels: str) -> float:
        return self._after.value(name, **labels) - self._before.value(name, **labels)


async def test_operations_are_counted_by_their_root_field(api: Client, settings: Settings) -> None:
    """How many, how long, and what they cost; fragments and the names that clients give change nothing."""
    await factories.history(await factories.pair(), 10)
    before = await exposed(api)
    await api.data(CANDLES)
    await api.data(f"query Mine {{ ...f }} fragment f on Query {CANDLES}")
    await api.data("{ timeframes { interval } coins { totalCount } }")
    grown = Growth(before, await exposed(api))

    assert grown("candelabra_graphql_duration_seconds_count", kind="query", operation="candles") == 2
    assert grown("candelabra_graphql_duration_seconds_sum", kind="query", operation="candles") > 0
    assert grown("candelabra_graphql_cost_total", kind="query", operation="candles") == 2 * (1 + 2 * 7)
    assert grown("candelabra_graphql_duration_seconds_count", kind="query", operation="several") == 1
    assert grown("candelabra_http_requests_total", path="/graphql", status="200") == 3


async def test_errors_are_counted_by_code(api: Client) -> None:
    """As clients are told them."""
    before = await exposed(api)
    await api.answer("{ nope }")
    await api.answer('{ pair(exchange: "a", symbol: "b", interval: "x") { id } }')
    grown = Growth(before, await exposed(api))

    assert grown("candelabra_graphql_errors_total", code="BAD_USER_INPUT") == 2
    assert grown("candelabra_graphql_errors_total", code="INTERNAL") == 0


async def test_pages_found_in_a_cache_are_counted(api: Client, settings: Settings) -> None:
    """And those that are not; the third answer is one that was kept whole."""
    await factories.history(await factories.pair(), 10)
    before = await exposed(api)
    for _ in range(3):
        await api.data(CANDLES)
    grown = Growth(before, await exposed(api))

    assert grown("candelabra_cache_misses_total", cache="memory") == 1
    assert grown("candelabra_cache_hits_total", cache="memory") == 1
    assert grown("candelabra_cache_hits_total", cache="answers") == 1


async def test_nothing_that_a_client_makes_up_makes_a_series(api: Client) -> None:
    """Names of operations, fields and aliases, paths, methods and ids of requests: there is no end of them."""
    await make_up(api, 0)
    before = await exposed(api)
    for place in range(1, 50):
        await make_up(api, place)
    after = await exposed(api)

    assert after.values.keys() == before.values.keys()
    assert "made_up" not in str(after.values.keys())


async def make_up(api: Client, place: int) -> None:
    name = f"made_up_{place}"
    await api.http.get(f"/{name}", headers={"X-Request-Id": name})
    await api.http.request(f"MADE{place}", "/graphql")
    await api.answer(f"query {name} {{ {name}: __typename }}")
    await api.answer(f"{{ {name} }}")
    await api.http.post("/graphql", json={"query": "{ __typename }", "operationName": name})


async def test_what_there_is_to_do_is_looked_up(settings: Settings) -> None:
    """Jobs by status and kind, of ended ones those of the last hour, pairs by status, and how long a job has waited."""
    pair, other = await factories.pair(), await factories.pair("ETH/USDT")
    await factories.history(other, 1, NOW - timedelta(days=1))
    hour, moment = timedelta(hours=1), timedelta(seconds=9)
    await factories.job(pair, SyncKind.INITIAL, created_at=NOW - hour, run_after=NOW - moment)
    await factories.job(
        other, SyncKind.REPAIR, status=SyncStatus.RUNNING, created_at=NOW - 99 * hour, leased_until=NOW + moment
    )
    await factories.job(other, SyncKind.FORWARD, status=SyncStatus.FAILED, created_at=NOW - hour / 2)
    await factories.job(other, SyncKind.FORWARD, status=SyncStatus.SUCCEEDED, created_at=NOW - 2 * hour)
    found = await backlog(NOW)

    assert found.jobs[SyncKind.INITIAL, SyncStatus.QUEUED] == 1
    assert found.jobs[SyncKind.REPAIR, SyncStatus.RUNNING] == 1
    assert found.jobs[SyncKind.FORWARD, SyncStatus.FAILED] == 1
    assert (sum(found.jobs.values()), len(found.jobs)) == (3, len(SyncKind) * len(SyncStatus))
    assert (found.pairs[PairStatus.PENDING], found.pairs[PairStatus.STALE], sum(found.pairs.values())) == (1, 1, 2)
    assert found.age_seconds == 9


@pytest.fixture
def configured(installation: Settings, tmp_path: Path) -> dict[str, str]:
    """What a process needs that counts together with others; an exchange is configured."""
    file = tmp_path / "exchanges.toml"
    file.write_text('[[exchange]]\nname = "binance"\n')
    (tmp_path / "metrics").mkdir()
    return environment(installation, EXCHANGES_FILE=str(file), **{SHARED_FOLDER: str(tmp_path / "metrics")})


def fetched(url: str) -> Exposed:
    return Exposed.of(httpx.get(f"{url}/metrics").text)


def connections(found: Exposed) -> float:
    """Of the pools, in use or not: a process was looked at some time ago, when it may have started."""
    return sum(found.value("candelabra_pool_connections", process="api", state=state) for state in ("used", "free"))


def test_every_series_exists_from_zero(configured: dict[str, str], tmp_path: Path) -> None:
    """Before anything has happened, so that the first event is an increase."""
    del configured[SHARED_FOLDER]
    with serving(configured, tmp_path / "log") as process:
        found = fetched(process.url)
    for exchange in (f"candelabra_{name}" for name in ("candles_written", "candles_revised")):
        assert found.value(f"{exchange}_total", exchange="binance") == 0
    for name in ("requests_total", "bans_total", "wait_seconds_total", "duration_seconds_count"):
        assert found.value(f"candelabra_exchange_{name}", exchange="binance") == 0
    assert found.value("candelabra_exchange_errors_total", exchange="binance", code="EXCHANGE_UNAVAILABLE") == 0
    for kind, name in (("query", "candles"), ("mutation", "syncPair"), ("subscription", "candles")):
        assert found.value("candelabra_graphql_duration_seconds_count", kind=kind, operation=name) == 0
        assert found.value("candelabra_graphql_cost_total", kind=kind, operation=name) == 0
    for cache in ("memory", "redis"):
        assert found.value("candelabra_cache_hits_total", cache=cache) == 0
        assert found.value("candelabra_cache_misses_total", cache=cache) == 0
    assert found.value("candelabra_graphql_errors_total", code="INTERNAL") == 0
    for path in ("/graphql", "/api/v1/candles.csv", "/api/v1/udf/history"):
        assert found.value("candelabra_http_requests_total", path=path, status="200") == 0
    assert found.value("candelabra_jobs", kind="INITIAL", status="QUEUED") == 0
    assert found.value("candelabra_jobs_ended_total", kind="INITIAL", status="FAILED") == 0
    assert found.value("candelabra_queue_age_seconds") == 0
    assert connections(found) == 10
    assert (found.value("candelabra_database_up"), found.value("candelabra_redis_up")) == (1, 1)
    assert found.value("process_resident_memory_bytes") > 0


def test_where_keys_are_required_only_who_reaches_metrics_port_is_shown_metrics(
    configured: dict[str, str], tmp_path: Path
) -> None:
    """Those who reach the API are told that there is no such page."""
    port = free_port()
    own = {**configured, "APP_ENV": "production", "METRICS_PORT": str(port)}
    with serving(own, tmp_path / "log") as process:
        assert httpx.get(f"{process.url}/metrics").status_code == 404
        found = fetched(f"http://127.0.0.1:{port}")
    assert found.value("candelabra_http_requests_total", path="other", status="404") == 1
    assert (found.value("candelabra_database_up"), found.value("candelabra_queue_age_seconds")) == (1, 0)


def test_processes_that_share_a_folder_count_together(configured: dict[str, str], tmp_path: Path) -> None:
    """Each shows what all have counted; of one that is gone the counts stay and what it used does not."""
    candles = {"kind": "query", "operation": "timeframes"}
    with serving(configured, tmp_path / "one") as one, serving(configured, tmp_path / "two") as two:
        for url in (one.url, two.url, two.url):
            httpx.post(f"{url}/graphql", json={"query": "{ timeframes { interval } }"}).raise_for_status()
        assert fetched(one.url).value("candelabra_graphql_duration_seconds_count", **candles) == 3
        assert connections(fetched(one.url)) == 20
        os.kill(two.program.pid, signal.SIGKILL)
        two.program.wait()
        assert fetched(one.url).value("candelabra_graphql_duration_seconds_count", **candles) == 3
        assert connections(fetched(one.url)) == 10
