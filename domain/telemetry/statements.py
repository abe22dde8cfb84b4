"""Statements as spans: what each does to which table, and never its values."""

import re
from functools import lru_cache
from typing import Any, Final

from domain.telemetry.traces import tracer_in_use

_VERB: Final = re.compile(r"\w+")
_TABLE: Final = re.compile(r"\b(?:FROM|INTO|UPDATE|JOIN)\s+([a-z_]+)")
_REMEMBERED: Final = 1_000


async def trace_statements(connection: Any) -> None:
    """Has a new connection of asyncpg's tell of each of its statements, where there is a tracer."""
    if tracer := tracer_in_use.get():

        def tell(record: Any) -> None:
            name = summary(record.query)
            about = {"db.system.name": "postgresql", "db.query.summary": name}
            tracer.ended(name, about, record.elapsed, record.exception)

        connection.add_query_logger(tell)


@lru_cache(_REMEMBERED)
def summary(statement: str) -> str:
    """Its first word and the first table that it names."""
    verb, table = _VERB.search(statement), _TABLE.search(statement)
    return " ".join(found for found in (verb and verb[0], table and table[1]) if found)
