"""The command `candelabra`: a client in the terminal, over real HTTP and WebSocket."""

import asyncio
import os
import signal
import threading
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest
from gql.transport.exceptions import TransportConnectionFailed
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

from api.cli import follow
from domain.models import SyncJob, SyncKind, SyncStatus
from domain.queue import Queue, redis
from domain.records import Pair
from domain.settings import Settings
from domain.timerange import TimeRange
from tests import factories
from tests.api.conftest import NOW, served
from tests.api.process import ROOT
from tests.api.terminal import Terminal
from tests.factories import START, minutes
from tests.patience import PATIENCE

MINUTE = ("binance", "BTC/USDT", "1m")


@pytest.fixture
def terminal(address: str, settings: Settings) -> Terminal:
    return Terminal(address)


@pytest.fixture
async def queue(settings: Settings) -> AsyncIterator[Queue]:
    async with redis(settings.redis_url) as client:
        yield Queue(client, lambda: NOW)


async def only_job() -> SyncJob:
    """The one that the command has asked for."""
    async with asyncio.timeout(PATIENCE):
        while (job := await SyncJob.all().first()) is None:  # noqa: ASYNC110  # another thread asks for it
            await asyncio.sleep(0.01)
    return job


async def end(queue: Queue, **values: Any) -> None:
    """Ends the only job as a worker does."""
    job = await only_job()
    await SyncJob.filter(id=job.id).update(finished_at=NOW, **values)
    queue.announce(job.id, job.pair_id)


async def collected(count: int = 5) -> Pair:
    pair = await factories.pair()
    await factories.history(pair, count)
    return pair


async def test_pairs_are_listed_with_their_coverage(terminal: Terminal) -> None:
    """As a table, and for programs as one document of the contract's words."""
    await collected()
    await factories.pair("ETH/USDT", "1h")

    done = await terminal.run("pairs")
    told = await terminal.run("pairs", "binance", "ETH/USDT", "--json")

    assert done.lines[0].split() == ["Exchange", "Symbol", "Interval", "Status", "Covered", "Candles", "From", "To"]
    assert [line.split()[:3] for line in done.lines[1:]] == [[*MINUTE], ["binance", "ETH/USDT", "1h"]]
    [pair] = told.json
    assert (pair["exchange"], pair["symbol"], pair["status"]) == ({"name": "binance"}, "ETH/USDT", "PENDING")
    assert (await terminal.run("pairs", "kraken")).out.startswith("No pair matches; `candelabra pairs`")


async def test_lists_longer_than_a_page_are_complete(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Page by page."""
    monkeypatch.setattr("api.cli.client._PAGE_SIZE", 2)
    for number in range(5):
        await factories.pair(f"C{number}/USDT")
    assert [pair["symbol"] for pair in (await terminal.run("pairs", "--json")).json] == [
        f"C{number}/USDT" for number in range(5)
    ]


async def test_gaps_are_listed_with_their_length(terminal: Terminal) -> None:
    """Those within the range that was asked for."""
    pair = await factories.pair()
    first, second = TimeRange(START, START + minutes(10)), TimeRange(START + minutes(100), START + minutes(110))
    await factories.cover(pair, first, second, listed_at=START)
    until = (*MINUTE, "--to", "2024-03-01T03:00+01:00")

    assert [line.split() for line in (await terminal.run("gaps", *until)).lines[1:]] == [
        [*MINUTE, "2024-03-01T00:10:00Z", "2024-03-01T01:40:00Z", "1:30:00"],
        [*MINUTE, "2024-03-01T01:50:00Z", "2024-03-01T02:00:00Z", "0:10:00"],
    ]
    names = dict(zip(("exchange", "symbol", "interval"), MINUTE, strict=True))
    gap = {"from": "2024-03-01T00:10:00Z", "to": "2024-03-01T00:30:00Z"}
    assert (await terminal.run("gaps", "--json", "--to", "2024-03-01T00:30:00")).json == [{**names, **gap}]
    assert (await terminal.run("gaps", "--to", "2024-03-01T00:05:00Z")).out == "No gaps.\n"


async def test_status_tells_what_goes_on(terminal: Terminal) -> None:
    """Exchanges, pairs by state, open and failed jobs."""
    pair = await collected()
    await factories.job(pair, status=SyncStatus.RUNNING, lease_expires_at=NOW)
    done = await terminal.run("status")
    assert done.lines[:3] == ["Exchanges: binance", "Pairs: 1 STALE", "Jobs running: 1"]
    assert done.lines[4].startswith("binance BTC/USDT 1m")
    told = (await terminal.run("status", "--json")).json
    assert told["pairs"]["STALE"] == 1
    assert [job["kind"] for job in told["jobs"]["running"]["nodes"]] == ["FORWARD"]


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ((), SyncKind.FORWARD),
        (("--kind", "repair"), SyncKind.REPAIR),
        (("--kind", "BACKWARD"), SyncKind.BACKWARD),
        (("--from", "2024-02-01"), SyncKind.INITIAL),
        (("--from", "2024-02-01", "--to", "2024-02-02", "--force"), SyncKind.RANGE),
    ],
)
async def test_sync_asks_for_the_usual_or_what_is_said(
    terminal: Terminal, words: tuple[str, ...], kind: SyncKind
) -> None:
    """Without waiting it ends at once."""
    await collected()
    done = await terminal.run("sync", *MINUTE, *words, "--no-wait")
    job = await only_job()
    assert (job.kind, job.is_forced) == (kind, "--force" in words)
    assert done.out == f"binance BTC/USDT 1m: {kind.name} QUEUED, job {done.out.split()[-1]}\n"


async def test_sync_of_a_pair_without_candles_is_initial(terminal: Terminal) -> None:
    """A second one finds the first under way."""
    await factories.pair()
    done = await terminal.run("sync", *MINUTE, "--no-wait", "--json")
    assert (done.json["kind"], done.json["status"]) == ("INITIAL", "QUEUED")
    again = await terminal.run("sync", *MINUTE, "--no-wait", "--kind", "forward")
    assert again.err == "A job of kind INITIAL was under way already; it stands for this one.\n"


async def test_sync_adds_no_pair(terminal: Terminal) -> None:
    """A typing error must not start a collection; what would is said."""
    await factories.market("BTC/USDT")
    assert await terminal.fails("sync", *MINUTE) == (
        "binance BTC/USDT 1m is not collected; `candelabra add` starts collecting it."
    )


async def test_sync_follows_the_job_to_its_end(terminal: Terminal, queue: Queue) -> None:
    """Its progress goes to stderr, its outcome to stdout."""
    await collected()
    running = asyncio.create_task(terminal.run("sync", *MINUTE))
    await end(queue, status=SyncStatus.SUCCEEDED, candles_written=1234)
    done = await running
    assert (done.status, done.out) == (0, "binance BTC/USDT 1m: FORWARD SUCCEEDED, 1,234 candles written.\n")
    assert done.err.splitlines()[-1].endswith("1,234 candles")


async def test_sync_fails_with_the_words_of_its_job(terminal: Terminal, queue: Queue) -> None:
    """Programs read the job all the same."""
    await collected()
    running = asyncio.create_task(terminal.run("sync", *MINUTE, "--json"))
    error = {"error_code": "BAD_SYMBOL", "error_message": "binance has no BTC/USDT."}
    await end(queue, status=SyncStatus.FAILED, **error)
    done = await running
    assert (done.status, done.json["status"]) == (1, "FAILED")
    assert done.err.splitlines()[-1] == "binance BTC/USDT 1m failed: binance has no BTC/USDT. (BAD_SYMBOL)"


async def test_sync_comes_back_when_the_connection_is_lost(
    terminal: Terminal, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As while the API is started again: what happened meanwhile is told then."""
    states = follow._states
    lost = threading.Event()

    async def losing(*given: Any) -> AsyncIterator[dict[str, Any]]:
        async with aclosing(states(*given)) as told:
            async for state in told:
                yield state
                if not lost.is_set():
                    lost.set()
                    raise TransportConnectionFailed

    monkeypatch.setattr(follow, "_states", losing)
    await collected()
    running = asyncio.create_task(terminal.run("sync", *MINUTE))
    async with asyncio.timeout(PATIENCE):
        while not lost.is_set():  # noqa: ASYNC110  # set in another thread
            await asyncio.sleep(0.01)
    await end(queue, status=SyncStatus.SUCCEEDED)
    assert (await running).status == 0


async def test_sync_says_that_a_job_goes_on_without_it(
    terminal: Terminal, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An API that stays away ends the following, not the job."""
    monkeypatch.setattr(follow, "_PATIENCE_SECONDS", 0.0)
    await collected()
    said = await terminal.fails("sync", *MINUTE)
    job = await only_job()
    assert "went away while the job ran. Job " in said
    assert said.endswith("goes on; `candelabra status` shows how far it is.")
    assert job.status == SyncStatus.QUEUED


async def test_ctrl_c_leaves_the_job_running(terminal: Terminal) -> None:
    """And says so."""
    await collected()
    program = await asyncio.create_subprocess_exec(
        ROOT / "api" / "cli" / "candelabra",
        *("sync", *MINUTE, "--url", terminal.url),
        cwd="/",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        # Where the tests run in the background, whatever they start is deaf to Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert program.stderr
    async with asyncio.timeout(PATIENCE):
        first = await program.stderr.readline()
        program.send_signal(signal.SIGINT)
        _, err = await program.communicate()
    assert first == b"binance BTC/USDT 1m: 0 %, waits for a worker\n"
    assert err.decode().endswith("goes on; `candelabra status` shows how far it is.\n")
    assert b"Traceback" not in err
    assert program.returncode == 130
    assert (await only_job()).status == SyncStatus.QUEUED


@pytest.mark.parametrize("command", ["pairs", "gaps", "quality"])
async def test_where_nothing_is_collected_it_says_how_to_begin(terminal: Terminal, command: str) -> None:
    """Unless pairs were named: then those there are might be meant."""
    assert (await terminal.run(command)).out == "No pair is collected; `candelabra add` adds some.\n"
    assert (await terminal.run(command, "kraken")).out.startswith("No pair matches; `candelabra pairs`")


async def test_the_apis_words_are_said_with_their_code(terminal: Terminal) -> None:
    """And what is no instant is refused before anything is asked."""
    assert (await terminal.fails("export", "binance", "BTC/USDT", "soon")).endswith("(BAD_USER_INPUT)")
    assert (await terminal.fails("export", *MINUTE)).endswith("(NOT_FOUND)")
    refused = await terminal.run("export", *MINUTE, "--from", "yesterday")
    assert refused.status == 2
    assert "'yesterday' is no date" in refused.err


async def test_where_no_candelabra_answers_it_says_what_to_do(settings: Settings) -> None:
    """Nobody there, somebody else there, or no address at all."""
    assert "`make run` starts one; --url or CANDELABRA_URL names another." in await Terminal(
        "http://127.0.0.1:9"
    ).fails("status")
    assert "is no address of an installation" in await Terminal("127.0.0.1:3000").fails("pairs")
    other = Starlette(routes=[Route("/graphql", lambda _: PlainTextResponse("Hello", 404), methods=["POST"])])
    async with served(other, settings) as url:
        assert "does not speak GraphQL (HTTP status 404)" in await Terminal(url).fails("gaps")


async def test_a_key_is_sent_and_a_limit_waited_for(settings: Settings) -> None:
    """As Authorization: Bearer; who is told to come back later comes back."""
    keys: list[str | None] = []

    def answer(request: Request) -> JSONResponse:
        keys.append(request.headers.get("authorization"))
        if len(keys) == 1:
            limited = {"code": "RATE_LIMITED", "retryAfter": 0.01}
            return JSONResponse({"errors": [{"message": "Later.", "extensions": limited}]}, 429)
        connection = {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}, "totalCount": 0}
        return JSONResponse({"data": {"pairs": connection}})

    async with served(Starlette(routes=[Route("/graphql", answer, methods=["POST"])]), settings) as url:
        done = await Terminal(url).run("pairs", "--key", "secret")
    assert keys == ["Bearer secret"] * 2
    assert done.out == "No pair is collected; `candelabra add` adds some.\n"
