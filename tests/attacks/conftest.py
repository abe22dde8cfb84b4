"""The API as two processes of its own, one of either kind: what attacks them does not share their time."""

from collections.abc import Iterator

import httpx
import pytest

from domain.settings import Settings
from tests.api.process import Process, environment, serving

# Requests a minute of an address or a key: what is tested here is not how they are counted.
_PLENTY = "1000000"


@pytest.fixture(scope="package")
def development(installation: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    with serving(environment(installation), tmp_path_factory.mktemp("development") / "log") as process:
        warm_up(process)
        yield process
        assert process.stop() == 0
        assert "Traceback" not in process.log.read_text()


@pytest.fixture(scope="package")
def production(installation: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    environ = environment(installation, APP_ENV="production", RATE_LIMIT_PER_MINUTE=_PLENTY)
    with serving(environ, tmp_path_factory.mktemp("production") / "log") as process:
        warm_up(process)
        yield process
        assert process.stop() == 0
        assert "Traceback" not in process.log.read_text()


def warm_up(process: Process) -> None:
    """So that what is loaded at the first request is not taken for what an attack costs."""
    with httpx.Client(base_url=process.url) as client:
        for _ in range(20):
            client.post("/graphql", json={"query": "{ timeframes { interval } nothing }"})
