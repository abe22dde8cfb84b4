"""The connections of contestants of our own making: as many as Candelabra's API and PostGraphile have."""

from typing import Final

import asyncpg

from ops.local.postgres import SUPERUSER
from tests.bench.reads.arguments import Arguments

CONNECTIONS: Final = 10


def open_pool(arguments: Arguments) -> asyncpg.Pool:
    return asyncpg.create_pool(
        host=arguments.host,
        user=SUPERUSER,
        database=arguments.database,
        min_size=CONNECTIONS,
        max_size=CONNECTIONS,
        server_settings={"timezone": "UTC"},
    )
