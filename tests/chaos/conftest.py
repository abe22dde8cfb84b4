"""One installation of real processes for all tests here, each of which leaves it whole."""

import random
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.chaos.clients import Clients
from tests.chaos.report import Report
from tests.chaos.stage import Stage, staged


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def stage() -> AsyncIterator[Stage]:
    async with staged(workers=2) as stage:
        yield stage


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def clients(stage: Stage) -> Clients:
    return await Clients.of(stage)


@pytest.fixture
def report(request: pytest.FixtureRequest) -> Report:
    """Another seed each time; a report that is broken says which."""
    return Report(request.node.name, random.randrange(2**31))
