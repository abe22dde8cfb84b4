"""An installation without containers, by the commands that README gives, over servers that are there."""

import os
import re
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import asyncpg
import httpx
import pytest

from domain.settings import Settings
from ops.local.address import free_port
from tests.api.process import environment, make
from tests.deploy.image import ROOT
from tests.patience import PATIENCE

README = (ROOT / "README.md").read_text()


@pytest.fixture
async def environ(installation: Settings) -> AsyncIterator[dict[str, str]]:
    """Of a database that is empty."""
    server = await asyncpg.connect(host=installation.db_host, user=installation.db_user, database="postgres")
    await server.execute("CREATE DATABASE candelabra_by_hand")
    made = environment(installation, APP_ENV="production", DB_NAME="candelabra_by_hand", DB_PASSWORD="any")  # noqa: S106  # none is asked for
    try:
        yield made
    finally:
        await server.execute("DROP DATABASE candelabra_by_hand WITH (FORCE)")
        await server.close()


@contextmanager
def running(words: list[str], environ: dict[str, str], log: Path) -> Iterator[None]:
    """A command that does not end by itself, in a group of its own: make has children."""
    with log.open("w") as output:
        program = subprocess.Popen(words, env=environ, cwd=ROOT, stdout=output, stderr=output, start_new_session=True)
    try:
        yield
    finally:
        os.killpg(program.pid, signal.SIGTERM)
        program.wait(20)


def answers(look: Callable[[], httpx.Response], log: Path) -> httpx.Response:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            return look()
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError(log.read_text())


def test_readmes_commands_make_an_installation(environ: dict[str, str], tmp_path: Path) -> None:
    """Schema, first key, API and worker; the key lets in, and Prometheus finds both."""
    exported, *commands = re.findall(r"^    ((?:export|make) [^#\n]*)", hand(), re.MULTILINE)
    assert set(re.findall(r"([A-Z_]+)=", exported)) <= set(environ)
    migrate, apikey, api, worker = (command.split()[1:] for command in commands)
    port, (first, second) = free_port(), (free_port(), free_port())
    assert make(environ, *migrate).returncode == 0
    key = make(environ, *apikey).stdout.splitlines()[-1]

    with (
        running(["make", api[0], f"METRICS_PORT={first}", f"PORT={port}"], environ, tmp_path / "api"),
        running(["make", worker[0], f"METRICS_PORT={second}"], environ, tmp_path / "worker"),
    ):
        url, query = f"http://127.0.0.1:{port}", {"query": "{ exchanges { name } }"}
        answer = answers(
            lambda: httpx.post(f"{url}/graphql", json=query, headers={"Authorization": f"Bearer {key}"}),
            tmp_path / "api",
        )
        assert answer.json()["data"] == {"exchanges": []}
        assert httpx.post(f"{url}/graphql", json=query).status_code == 401
        for metrics, log in ((first, "api"), (second, "worker")):
            shown = answers(partial(httpx.get, f"http://127.0.0.1:{metrics}/metrics"), tmp_path / log)
            assert "candelabra_event_loop_lag_seconds" in shown.text


def hand() -> str:
    """What README says of it."""
    return README[README.index("Without containers") : README.index("Whatever runs it")]
