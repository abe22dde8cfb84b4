"""Traces: one tells of a request and of the work that it asked for, in whichever process; nothing is told unasked."""

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from domain.settings import Settings, SettingsError
from ops.local.address import free_port
from tests.api.process import ROOT, environment, serving
from tests.exchange.conftest import loopback, market, now, shared_loopback  # noqa: F401  # fixtures of the tests here
from tests.exchange.server import LoopbackExchange
from tests.otlp import SentSpan
from tests.receiver import Receiver, receiving
from tests.worker_process import working
from tests.workers.conftest import write_exchanges_file

SERVER, CLIENT, CONSUMER = 2, 3, 5
CLIENTS = ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331")
ADD = """
mutation OfAClient($input: AddPairsInput!) { of_a_client: addPairs(input: $input) { jobs { id } } }
"""
LOOK = '{ pair(exchange: "binance", symbol: "BTC/USDT", interval: "1m") { status } }'
READ = '{ candles(exchange: "binance", symbol: "BTC/USDT", interval: "1h", last: 3) { nodes { of_a_client: close } } }'
EXPORT = "candles.csv?exchange=binance&symbol=BTC/USDT&interval=1m&first=3"


def asked(url: str, query: str, variables: dict[str, Any] | None = None, **headers: str) -> dict[str, Any]:
    body = {"query": query, "variables": variables}
    answer: dict[str, Any] = httpx.post(f"{url}/graphql", json=body, headers=headers).json()
    assert "errors" not in answer, answer
    data: dict[str, Any] = answer["data"]
    return data


def collected(installation: Settings, receiver: Receiver, exchange: LoopbackExchange, folder: Path) -> None:
    """A pair, asked for with a trace of the client's, collected and read."""
    environ = environment(
        installation,
        EXCHANGES_FILE=str(write_exchanges_file(folder, exchange)),
        OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{receiver.port}",
        OTEL_EXPORTER_OTLP_HEADERS="api-key=of-a-receiver",
    )
    with serving(environ, folder / "api") as api, working(environ, folder / "worker") as worker:
        wanted = {"exchange": "binance", "symbols": ["BTC/USDT"], "intervals": ["1m"], "sync": True}
        told = {"traceparent": f"00-{'-'.join(CLIENTS)}-01", "authorization": "Bearer of-a-client"}
        asked(api.url, ADD, {"input": wanted}, **told)
        worker.until(lambda: asked(api.url, LOOK)["pair"]["status"] == "SYNCED" or None)
        asked(api.url, READ)
        for path in (EXPORT, "udf/time"):
            httpx.get(f"{api.url}/api/v1/{path}", headers=told).raise_for_status()
        assert api.stop() == 0
        assert worker.stop() == 0


@pytest.fixture
def receiver() -> Any:
    with receiving() as it:
        yield it


def test_one_trace_tells_of_a_request_and_of_its_job(
    settings: Settings,
    receiver: Receiver,
    loopback: LoopbackExchange,  # noqa: F811
    tmp_path: Path,
) -> None:
    """Request, operation and statements in the API; job, pages, requests and commits in the worker."""
    collected(settings, receiver, loopback, tmp_path)
    spans = SentSpan.all_of(receiver)
    trace = {span.id: span for span in spans if span.trace_id == CLIENTS[0]}

    def above(span: SentSpan) -> list[str]:
        return [span.name, *(above(trace[span.parent_id]) if span.parent_id in trace else [])]

    def paths(service: str) -> set[tuple[str, ...]]:
        return {tuple(reversed(above(span))) for span in trace.values() if span.service == service}

    [request] = [span for span in trace.values() if span.parent_id == CLIENTS[1] and span.name == "/graphql"]
    assert (request.service, request.name, request.kind) == ("candelabra-api", "/graphql", SERVER)
    assert request.attributes["http.response.status_code"] == 200
    mutation = ("/graphql", "mutation addPairs")
    assert {mutation, (*mutation, "INSERT sync_jobs")} <= paths("candelabra-api")
    job = (*mutation, "sync")
    told = {job, (*job, "page", "request"), (*job, "page", "budget"), (*job, "commit", "UPDATE sync_jobs")}
    assert told <= paths("candelabra-worker")
    jobs = [span for span in trace.values() if span.name == "sync"]
    assert {(span.kind, span.attributes["candelabra.pair"]) for span in jobs} == {(CONSUMER, "BTC/USDT 1m")}
    assert {span.kind for span in trace.values() if span.name in {"request", "INSERT sync_jobs"}} == {CLIENT}
    plain = {span.name: span for span in trace.values() if span.name.startswith("/api/v1/")}
    assert {name: span.attributes["http.response.status_code"] for name, span in plain.items()} == {
        "/api/v1/candles.csv": 200,
        "/api/v1/udf/time": 200,
    }
    assert {(span.kind, span.parent_id) for span in plain.values()} == {(SERVER, CLIENTS[1])}
    assert {"GET page", "query candles"} <= {span.name for span in spans}
    for _, body in receiver.bodies:
        assert not any(word in body for word in (b"OfAClient", b"of_a_client", b"of-a-client", b"of-a-receiver"))


def test_what_sends_no_traces_loads_nothing_for_them() -> None:
    """Neither the API nor a worker."""
    code = "import api.__main__, workers.__main__, sys; print('opentelemetry' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_a_receiver_that_is_away_holds_nobody_up(installation: Settings, tmp_path: Path) -> None:
    """Requests are answered, and the API ends in time; the log has a warning, which no report is made of."""
    nowhere = f"http://127.0.0.1:{free_port()}"
    environ = environment(
        installation, OTEL_EXPORTER_OTLP_ENDPOINT=nowhere, OTEL_BSP_SCHEDULE_DELAY="50", LOG_FORMAT="json"
    )
    with serving(environ, tmp_path / "log") as api:
        asked(api.url, "{ timeframes { interval } }")
        began = time.monotonic()
        assert api.stop() == 0
        assert time.monotonic() - began < 5
    log = (tmp_path / "log").read_text()
    assert "Failed to export span" in log or "retry" in log.lower()
    assert '"level": "error"' not in log


@pytest.mark.parametrize(
    ("variable", "value"), [("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")]
)
def test_what_traces_cannot_be_sent_by_is_refused(variable: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the name of the variable."""
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match=variable):
        Settings.load()
