"""An installation of real processes on which everything may be broken, over an exchange that answers honestly."""

import signal
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, cast

import asyncpg
import httpx

from domain.heartbeat import _KEY
from domain.queue import redis
from domain.settings import Seed, Settings
from ops.local.address import free_port
from ops.local.logs import new_log
from ops.local.postgres import SUPERUSER, Postgres
from ops.local.program import sleep, start, stop, wait_for_end
from ops.local.valkey import Valkey
from ops.sandbox.synthetic import SyntheticMarket
from tests.api.process import environment, migrate
from tests.chaos.nursery import Nursery
from tests.chaos.parts import Process, Server, until
from tests.exchange.server import LoopbackExchange

EXCHANGE: Final = "binance"

# Milliseconds between requests to the exchange: slow enough for a backfill to be killed often before it is done.
_RATE_LIMIT: Final = 40

# Connections of the API to PostgreSQL: few, so that a test can take them all.
POOL_SIZE: Final = 4

# Seconds after which everything must be as before, once all parts are back.
RECOVERY_SECONDS: Final = 30.0

_INITDB_SECONDS: Final = 120.0
_STOP_SECONDS: Final = 5.0


@dataclass(frozen=True)
class Answer:
    """What came back, after so many seconds; `code` is that of the first error."""

    seconds: float
    data: Any
    code: str | None
    text: str


@dataclass
class Stage:
    """The parts, and how a client reaches them."""

    settings: Settings
    exchange: LoopbackExchange
    market: SyntheticMarket
    postgres: Server
    valkey: Server
    workers: list[Process]
    api: Process
    http: httpx.AsyncClient

    async def ask(self, query: str, **variables: Any) -> Answer:
        """Raises httpx.HTTPError where no answer came."""
        before = time.monotonic()
        response = await self.http.post("/graphql", json={"query": query, "variables": variables})
        body = response.json()
        errors = body.get("errors")
        code = errors[0]["extensions"]["code"] if errors else None
        return Answer(time.monotonic() - before, body.get("data"), code, response.text)

    async def status(self, path: str) -> int:
        return (await self.http.get(path)).status_code

    async def is_answering(self) -> bool:
        """Whether the API answers from PostgreSQL."""
        try:
            return (await self.ask("{ coins { totalCount } }")).code is None
        except httpx.HTTPError:
            return False

    async def is_ready(self) -> bool:
        try:
            return await self.status("/readyz") == 200
        except httpx.HTTPError:
            return False

    async def has_all_workers(self) -> bool:
        """Whether each has started, and not merely been born."""
        async with redis(self.settings.redis_url) as client:
            alive = {name.decode().partition(":")[2] for name in await client.zrange(_KEY, 0, -1)}
        return alive >= {str(worker.pid) for worker in self.workers}

    @asynccontextmanager
    async def sql(self) -> "AsyncIterator[asyncpg.Connection[asyncpg.Record]]":
        """PostgreSQL past everything of Candelabra."""
        settings = self.settings
        db = await asyncpg.connect(host=settings.db_host, user=SUPERUSER, database=settings.db_name)
        try:
            yield db
        finally:
            await db.close(timeout=1)


@asynccontextmanager
async def staged(workers: int = 1, pool_size: int = POOL_SIZE) -> AsyncIterator[Stage]:
    """All parts up, on a server that forces its data to disk as in production; `pool_size` is that of the API."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="candelabra-", ignore_cleanup_errors=True)))
        nursery = stack.enter_context(Nursery())
        market = SyntheticMarket(clock=lambda: datetime.now(UTC))
        exchange = stack.enter_context(LoopbackExchange(market))
        postgres = Server("postgres", Postgres(folder / "postgres", log=new_log(folder / "postgres.log")))
        valkey = Server("valkey", Valkey(folder / "valkey", log=new_log(folder / "valkey.log")))
        stack.callback(_shut_down, [valkey, postgres])
        settings = await _installed(folder, postgres, valkey, exchange)
        made = [_process(f"worker {number}", "workers", settings, nursery) for number in range(workers)]
        api = _process("api", "api", settings, nursery, PORT=str(free_port()), DB_POOL_SIZE=str(pool_size))
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=20)
        async with httpx.AsyncClient(base_url=api.url, timeout=30, limits=limits) as http:
            stage = Stage(settings, exchange, market, postgres, valkey, made, api, http)
            stack.callback(_kill, [*made, api])
            for part in (*made, api):
                await part.up()
            await until(stage.is_ready, "the installation to be ready")
            await until(stage.has_all_workers, "the workers to start")
            yield stage


async def _installed(folder: Path, postgres: Server, valkey: Server, exchange: LoopbackExchange) -> Settings:
    """Settings of an installation whose servers run and whose schema is current."""
    server, cache = cast("Postgres", postgres.server), cast("Valkey", valkey.server)
    server.initialise(lambda program: wait_for_end(start(program), seconds=_INITDB_SECONDS, pause=sleep))
    for part in (postgres, valkey):
        await part.up()
    file = folder / "exchanges.toml"
    urls = f'urls = {{ api = {{ public = "{exchange.url(EXCHANGE)}/api/v3" }} }}'
    file.write_text(f'[[exchange]]\nname = "{EXCHANGE}"\nrate_limit = {_RATE_LIMIT}\n[exchange.ccxt]\n{urls}\n')
    settings = Settings(
        db_host=str(server.socket_folder),
        db_user=SUPERUSER,
        db_name="postgres",
        redis_url=cache.url,
        data_dir=folder,
        exchanges_file=file,
        seed=Seed.NONE,
    )
    migrate(environment(settings))
    return settings


def _process(name: str, package: str, settings: Settings, nursery: Nursery, **variables: str) -> Process:
    environ = environment(settings, **variables)
    url = f"http://127.0.0.1:{variables['PORT']}" if "PORT" in variables else ""
    return Process(name, package, environ, new_log(settings.data_dir / f"{name}.log"), nursery, url)


def _kill(processes: Sequence[Process]) -> None:
    for process in processes:
        process.send(signal.SIGKILL)


def _shut_down(servers: Sequence[Server]) -> None:
    """In good order, also where a test has left one frozen."""
    for server in servers:
        if server.child:
            server.send(signal.SIGCONT)
            stop([server.child], seconds=_STOP_SECONDS)
        server.server.clear()
