"""The API as a process of its own, and others' clients, installed as their lock pins them."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from domain.scope import Scope
from domain.settings import Settings
from ops.local.npm import install, is_installed, node, npm
from tests.api.keys import new_key
from tests.api.process import Process, environment, serving

HERE: Final = Path(__file__).parent

# A client, or a compiler, on a busy machine.
_PATIENCE_SECONDS: Final = 60

Run = Callable[..., Any]


@pytest.fixture(scope="session")
def javascript() -> None:
    if is_installed(HERE):
        return
    asked = subprocess.run([*npm(), "view", "--fetch-retries=0", "graphql", "version"], cwd=HERE, check=False)
    if asked.returncode != 0:
        pytest.skip("NPM'S REGISTRY IS OUT OF REACH, SO CLIENTS IN JAVASCRIPT ARE NOT TESTED")
    install(HERE)


@pytest.fixture
def run(javascript: None) -> Run:
    """What a script of ours tells, which is JSON."""

    def told(script: str, *arguments: object) -> Any:
        command = [*node(), script, *map(str, arguments)]
        ended = subprocess.run(
            command, cwd=HERE, capture_output=True, text=True, timeout=_PATIENCE_SECONDS, check=False
        )
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout)

    return told


@pytest.fixture(scope="package")
def development(installation: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    yield from _served(environment(installation), tmp_path_factory.mktemp("development") / "log")


@pytest.fixture(scope="package")
def production(installation: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    yield from _served(environment(installation, APP_ENV="production"), tmp_path_factory.mktemp("production") / "log")


@pytest.fixture
async def key(settings: Settings) -> str:
    """One that may do everything."""
    return (await new_key(scopes=[Scope.ADMIN])).text


def _served(environ: dict[str, str], log: Path) -> Iterator[Process]:
    """Nothing that clients do may break it."""
    with serving(environ, log) as process:
        yield process
        assert process.stop() == 0
    assert "Traceback" not in log.read_text()
