"""README is true: its commands exist, its queries are answered, and the answer that it shows is the one that comes."""

import asyncio
import json
import re
import tomllib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import httpx
import pytest

from api.app import create_app
from domain.clock import Clock
from domain.exchanges_file import load_exchanges
from domain.queue import Queue, redis
from domain.settings import Seed, Settings
from ops.sandbox.binance import binance
from ops.sandbox.synthetic import SyntheticMarket
from tests.api.client import Client
from tests.api.conftest import served
from tests.api.socket_client import socket
from tests.api.terminal import Terminal
from tests.conftest import empty
from workers.coingecko import open_coingecko
from workers.context import WorkerContext
from workers.engine import SliceLimits
from workers.exchanges import open_exchanges
from workers.main import arq_worker

ROOT: Final = Path(__file__).parent.parent
README: Final = (ROOT / "README.md").read_text()
NOON: Final = datetime(2026, 11, 22, 12, 0, 30, tzinfo=UTC)


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


def clock() -> datetime:
    return NOON


@pytest.fixture
async def sandboxed(installation: Settings) -> AsyncIterator[Settings]:
    """An empty installation beside a sandbox exchange whose clock stands at noon."""
    async with served(binance(SyntheticMarket(clock)), installation) as url:
        yield installation.model_copy(update={"sandbox_url": url, "seed": Seed.DEMO})


async def work(settings: Settings, now: Clock) -> None:
    """What a worker does until nothing is queued any more."""
    async with (
        redis(settings.redis_url) as client,
        open_exchanges(settings, client, now) as exchanges,
        open_coingecko(settings) as coingecko,
    ):
        context = WorkerContext(now, Queue(client, now), exchanges, coingecko, SliceLimits(), asyncio.Event())
        worker = arq_worker(context, client, burst=True)
        worker.cron_jobs = []
        await worker.async_run()


async def give_commands(terminal: Terminal, settings: Settings) -> None:
    """Those in the terminal, beside a worker; each ends well and has an answer."""
    for command in re.findall(r"^candelabra ([^#>\n]*)", README, re.MULTILINE):
        running = asyncio.create_task(terminal.run(*command.split()))
        while not running.done():
            await work(settings, clock)
        done = running.result()
        assert (done.status, bool(done.out)) == (0, True), (command, done.err)


async def test_its_queries_are_answered_as_it_says(sandboxed: Settings) -> None:
    """A first start collects the demo's candles, which the first query finds and the mutation adds to."""
    first, mutation, dry_run, subscription = blocks("graphql")
    [shown] = blocks("json")
    async with served(create_app(sandboxed, clock), sandboxed) as url, httpx.AsyncClient(base_url=url) as http:
        await work(sandboxed, clock)
        api = Client(http)
        assert await api.data(first) == json.loads(shown)["data"]
        await give_commands(Terminal(url), sandboxed)
        estimate = (await api.data(dry_run))["addPairs"]["estimate"]
        assert (estimate["pairs"], estimate["isUpperBound"], estimate["requests"] > 0) == (1, False, True)
        added = await api.data(mutation)
        assert len(added["addPairs"]["jobs"]) == 1
        async with socket(url) as wire:
            await wire.subscribe(subscription)
            event = (await wire.next())["candles"]
        assert event == {"kind": "HISTORY", "candles": json.loads(shown)["data"]["candles"]["nodes"][1:]}
        await empty(sandboxed)


def test_its_exchanges_file_is_one(tmp_path: Path) -> None:
    """What it shows can be pasted."""
    [shown] = blocks("toml")
    file = tmp_path / "exchanges.toml"
    file.write_text(shown)
    assert [exchange.name for exchange in load_exchanges(file)] == ["binance"]


def test_its_commands_and_files_exist() -> None:
    """No command that make does not know, no path that is not there."""
    makefile = (ROOT / "Makefile").read_text()
    for target in set(re.findall(r"`?make ([a-z]+)", README)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    for path in re.findall(r"`((?:api|domain|workers|ops|tests|migrations)/[\w/.]*)`", README):
        assert (ROOT / path).exists(), path


def test_its_settings_are_those_that_are_read() -> None:
    """Each variable of its table is one, and each that people may set is there."""
    table = README[README.index("## Settings") : README.index("## What it survives")]
    named = set(re.findall(r"`([A-Z][A-Z_]+)`", table))
    read = {name.upper() for name in Settings.model_fields} - {"DB_USER"} | {"DB_USERNAME"}
    assert named <= read
    assert {name for name in read - named if not name.startswith("OTEL_")} == {"SANDBOX_URL"}  # a run's own


def test_its_version_of_python_is_that_of_the_project() -> None:
    """The least one."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["requires-python"].removeprefix(">=") in README
