"""Statements of the bench itself, on connections of their own."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg

from ops.local.postgres import SUPERUSER


class Database(NamedTuple):
    """`host` as asyncpg and libpq take it."""

    host: Path
    name: str

    def fetch(self, statement: str, *arguments: Any) -> "Sequence[asyncpg.Record]":
        return asyncio.run(self._fetch(statement, arguments))

    def execute(self, *statements: str) -> None:
        """One after the other, each in a transaction of its own."""
        asyncio.run(self._execute(statements))

    async def connect(self) -> "asyncpg.Connection[asyncpg.Record]":
        return await asyncpg.connect(host=str(self.host), user=SUPERUSER, database=self.name)

    async def _fetch(self, statement: str, arguments: Sequence[Any]) -> "list[asyncpg.Record]":
        connection = await self.connect()
        try:
            return await connection.fetch(statement, *arguments)
        finally:
            await connection.close()

    async def _execute(self, statements: Sequence[str]) -> None:
        connection = await self.connect()
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()
