"""Tortoise's PostgreSQL engine with bounded waits and one round trip less a statement."""

import asyncio
from typing import Any, Final

import asyncpg
from asyncpg.pool import Pool
from tortoise.backends.asyncpg.client import AsyncpgDBClient

from domain.errors import OverloadedError
from domain.postgres.connect import Connection
from domain.postgres.pool_use import PoolUse
from domain.postgres.pulse import Pulse
from domain.telemetry.metrics import POOL_REFUSALS
from domain.telemetry.statements import trace_statements

# Seconds that a server gets to stop a statement when nobody waits for it any more; a frozen one never does.
_CANCEL_SECONDS: Final = 0.3

# Seconds that a full pool gives the server to show that it is alive and the clients are too many.
_PULSE_SECONDS: Final = 0.45

# Seconds that connections get to end in good order.
_CLOSE_SECONDS: Final = 1.0


class _Connection(asyncpg.Connection):
    _is_interrupted = False

    async def _execute(self, *args: Any, **options: Any) -> Any:
        try:
            return await super()._execute(*args, **options)  # type: ignore[misc]  # private, so without a stub
        except BaseException:
            self._is_interrupted = True
            raise

    def get_reset_query(self) -> str:
        """Mostly nothing: no statement of ours changes the session, and resetting it would cost a round trip each time.

        A statement that was prepared and then not run leaves its locks; the next one gives them back.
        """
        query = "SELECT" if self._is_interrupted else ""
        self._is_interrupted = False
        return query

    def _cancel_current_command(self, waiter: Any, cancel_waiter: Any = None) -> None:
        """Hangs up on a server that does not stop: else whoever gave up would wait for as long as a statement may."""
        super()._cancel_current_command(waiter, cancel_waiter)  # type: ignore[misc]  # private, so without a stub
        asyncio.get_running_loop().call_later(_CANCEL_SECONDS, self._hang_up_unless, cancel_waiter)

    def _hang_up_unless(self, stopped: "asyncio.Future[None]") -> None:
        if not stopped.done():
            self.terminate()


class _Pool(Pool):
    """`patience` is how many seconds anyone waits for a connection."""

    def __init__(self, *, patience: float, pulse: Pulse, **options: Any) -> None:
        super().__init__(**options)
        self._patience = patience
        self._pulse = pulse

    async def _acquire(self, timeout: float | None) -> Any:  # noqa: ASYNC109  # that of the overridden method
        """OverloadedError where all connections stay taken and the server is alive; TimeoutError where it is not."""
        # There is one at once, and to guard a wait costs as much as a small statement.
        if any(holder.is_connected() and holder.is_idle() for holder in self._holders):  # type: ignore[attr-defined]  # private, so without a stub
            return await super()._acquire(None)  # type: ignore[misc]  # private, so without a stub
        try:
            return await super()._acquire(timeout or self._patience)  # type: ignore[misc]  # private, so without a stub
        except TimeoutError:
            async with asyncio.timeout(_PULSE_SECONDS):
                is_alive = await self._pulse.beats()
            if not is_alive:
                raise
            POOL_REFUSALS.inc()
            raise OverloadedError("Too much is being asked at once; try again in a moment.") from None


class PostgresClient(AsyncpgDBClient):
    """`replica` may be asked in its place, where there is one."""

    replica: "PostgresClient | None" = None
    connection_class = _Connection  # type: ignore[assignment]  # a subclass is what it is for

    def __init__(self, **credentials: Any) -> None:
        super().__init__(**credentials)
        self.pulse = Pulse(self._connect)

    async def create_pool(self, **options: Any) -> Pool:
        defaults = {
            "max_queries": 50_000,
            "max_inactive_connection_lifetime": 300.0,
            "connect": None,
            "setup": None,
            "init": trace_statements,
            "reset": None,
            "record_class": asyncpg.Record,
        }
        return await _Pool(pulse=self.pulse, **{**defaults, **options})

    def acquire_connection(self) -> Any:
        """The pool's own context as soon as there is a pool: Tortoise's around it does nothing more."""
        return self._pool.acquire() if self._pool else super().acquire_connection()

    @property
    def pool_use(self) -> PoolUse:
        used = self._pool.get_size() - self._pool.get_idle_size() if self._pool else 0
        return PoolUse(self.pool_maxsize, used)

    async def _connect(self) -> Connection:
        return await asyncpg.connect(
            host=self.host, port=self.port, user=self.user, password=str(self.password), database=self.database
        )

    async def _close(self) -> None:
        """Does not wait for a frozen server."""
        if self._pool:
            try:
                async with asyncio.timeout(_CLOSE_SECONDS):
                    await self._pool.close()
            except TimeoutError:
                self._pool.terminate()
            self._pool = None


client_class = PostgresClient
