"""An installation without containers, by the commands that ops/README.md gives, over servers that are there."""

import os
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
from tests.pages import OPERATION, README, variables
from tests.patience import PATIENCE


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


def test_the_commands_that_are_shown_make_an_installation(environ: dict[str, str], tmp_path: Path) -> None:
    """Schema, first key, API and worker; the key lets in until it is revoked, and Prometheus finds both."""
    [exported] = OPERATION.commands("export")
    assert variables(exported) <= set(environ)
    migrate, apikey, api, worker, *_ = (command.split()[1:] for command in OPERATION.commands("make"))
    *_, revoke = (command.split()[1:] for command in README.commands("make"))
    port, (first, second) = free_port(), (free_port(), free_port())
    assert make(environ, *migrate).returncode == 0
    key = make(environ, *apikey).stdout.splitlines()[-1]

    with (
        running(["make", api[0], f"METRICS_PORT={first}", f"PORT={port}"], environ, tmp_path / "api"),
        running(["make", worker[0], f"METRICS_PORT={second}"], environ, tmp_path / "worker"),
    ):
        url, query = f"http://127.0.0.1:{port}", {"query": "{ exchanges { name } }"}
        headers = {"Authorization": f"Bearer {key}"}
        answer = answers(
            lambda: httpx.post(f"{url}/graphql", json=query, headers=headers),
            tmp_path / "api",
        )
        assert answer.json()["data"] == {"exchanges": []}
        assert httpx.post(f"{url}/graphql", json=query).status_code == 401
        for metrics, log in ((first, "api"), (second, "worker")):
            shown = answers(partial(httpx.get, f"http://127.0.0.1:{metrics}/metrics"), tmp_path / log)
            assert "candelabra_event_loop_lag_seconds" in shown.text

        assert make(environ, *revoke).returncode == 0
        revoked_at = time.monotonic()
        while httpx.post(f"{url}/graphql", json=query, headers=headers).status_code != 401:
            assert time.monotonic() < revoked_at + PATIENCE
            time.sleep(0.1)
