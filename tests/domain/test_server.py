"""What PostgreSQL says of itself."""

from pathlib import Path

import asyncpg

from domain.database import database
from domain.settings import Settings
from domain.storage import server
from ops.local.postgres import SUPERUSER, embedded_postgres


async def identity(host: Path, name: str) -> str:
    settings = Settings(db_host=str(host), db_user=SUPERUSER, db_name=name)
    async with database(settings):
        found = await server.identity()
        assert await server.identity() == found
    return found


async def test_no_two_databases_are_the_same(servers: Path) -> None:
    """Nor one and what a backup made of it, though every row of them is: in one server, or where it was set back."""
    folder, found = servers / "identity", list[str]()
    with embedded_postgres(folder, fast=True) as host:
        found.append(await identity(host, "postgres"))
        db = await asyncpg.connect(host=str(host), user=SUPERUSER, database="template1")
        await db.execute("CREATE DATABASE copied TEMPLATE postgres")
        await db.close()
        found.append(await identity(host, "copied"))
    with embedded_postgres(folder, fast=True) as host:
        found.append(await identity(host, "postgres"))

    assert len(set(found)) == 3


async def test_who_may_only_connect_may_know_which_it_is(postgres: Path) -> None:
    """No right is needed beside that."""
    db = await asyncpg.connect(host=str(postgres), user=SUPERUSER, database="postgres")
    await db.execute("CREATE ROLE visitor LOGIN")
    try:
        async with database(Settings(db_host=str(postgres), db_user="visitor", db_name="postgres")):
            assert len((await server.identity()).split("/")) == 3
    finally:
        await db.execute("DROP ROLE visitor")
        await db.close()
