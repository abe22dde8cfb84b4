"""One installation of real processes for all tests here, each of which leaves it whole."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.chaos.clients import Clients
from tests.chaos.stage import Stage, staged


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def stage() -> AsyncIterator[Stage]:
    async with staged(workers=2) as stage:
        yield stage


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def clients(stage: Stage) -> Clients:
    return await Clients.of(stage)
