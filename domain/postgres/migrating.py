"""The engine that migrations run on: who holds up others while waiting for a lock gives up soon, the others wait."""

from typing_extensions import override

from domain.postgres.client import PostgresClient


class MigratingClient(PostgresClient):
    """Outside of a transaction stands what PostgreSQL lets nobody wait for, such as CREATE INDEX CONCURRENTLY."""

    @override
    async def execute_script(self, query: str) -> None:
        """In its own time: each attempt that is cut off would have to read the whole table again."""
        async with self.acquire_connection() as db:
            await db.execute("SET lock_timeout = 0")
            try:
                await db.execute(query)
            finally:
                await db.execute("RESET lock_timeout")


client_class = MigratingClient
