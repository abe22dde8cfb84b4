"""Candelabra as `make run` starts it, over the bench's exchange instead of the sandbox."""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ops.local.address import free_port
from ops.local.errors import RunError
from ops.local.postgres import embedded_postgres
from ops.local.program import Child
from ops.local.valkey import embedded_valkey
from tests.bench.errors import BenchError
from tests.bench.graphql import GraphQL
from tests.bench.programs import module, run, running
from tests.bench.served import ServedExchange, served_exchange

EXCHANGE: Final = "bench"

_MIGRATION_SECONDS: Final = 60

# No limit on the rate: the exchange is to be asked as fast as can be.
_EXCHANGES_FILE: Final = """
[[exchange]]
name = "{name}"
adapter = "binance"
rate_limit = 0
[exchange.ccxt]
urls = {{ api = {{ public = "{public}" }} }}
"""


@dataclass(frozen=True)
class Installation:
    """`postgres` is a host as asyncpg takes it, of a server with the usual durability."""

    api: GraphQL
    worker: Child
    exchange: ServedExchange
    postgres: Path


@contextmanager
def installation(folder: Path) -> Iterator[Installation]:
    """Real processes in a folder of their own; raises BenchError where they do not start."""
    with ExitStack() as stack:
        try:
            postgres = stack.enter_context(embedded_postgres(folder / "postgres"))
            redis_url = stack.enter_context(embedded_valkey(folder / "valkey"))
        except RunError as error:
            raise BenchError(str(error)) from error
        exchange = stack.enter_context(served_exchange(folder))
        environment = _environment(folder, postgres, redis_url, exchange)
        run(module("domain.migrate", folder / "migrate.log", environment=environment), seconds=_MIGRATION_SECONDS)
        api, worker = stack.enter_context(_parts(folder, environment))
        yield Installation(api, worker, exchange, postgres)


@contextmanager
def _parts(folder: Path, environment: dict[str, str]) -> Iterator[tuple[GraphQL, Child]]:
    """API and worker, once jobs work."""
    worker_program = module("workers", folder / "worker.log", environment=environment)
    api_program = module("api", folder / "api.log", environment=environment)
    with (
        closing(GraphQL(f"http://127.0.0.1:{environment['PORT']}")) as api,
        running(worker_program, lambda: True) as worker,
        running(api_program, api.is_ready),
    ):
        yield api, worker


def _environment(folder: Path, postgres: Path, redis_url: str, exchange: ServedExchange) -> dict[str, str]:
    file = folder / "exchanges.toml"
    file.write_text(_EXCHANGES_FILE.format(name=EXCHANGE, public=exchange.public))
    return {
        "DB_HOST": str(postgres),
        "DB_NAME": "postgres",  # the one that is there from the start
        "REDIS_URL": redis_url,
        "DATA_DIR": str(folder),
        "EXCHANGES_FILE": str(file),
        "SEED": "none",
        "PORT": str(free_port()),
    }
