"""Whether the tables are those that this version works with, whatever the list of migrations says."""

from collections.abc import Iterator, Mapping
from typing import Final

from domain.database import connection
from domain.models import Entity
from domain.postgres.connect import Connection

_CANDLES: Final = {
    "series": "integer",
    "timestamp": "timestamptz",
    **dict.fromkeys(("open", "high", "low", "close", "volume"), "numeric"),
}
_CANDLE_CHANGES: Final = {
    "series": "integer",
    "version": "bigint",
    "changed_at": "timestamptz",
    "covered": "tstzmultirange",
    "revised": "timestamptz[]",
}
_COVERAGE_SOURCES: Final = {
    "pair_id": "uuid",
    "origin": "smallint",
    "run": "uuid",
    "covered": "tstzmultirange",
    "first_at": "timestamptz",
    "last_at": "timestamptz",
}
_TRIGGERS: Final = {
    "candles_added": "candles",
    "candles_changed": "candles",
    "candles_removed": "candles",
    "coverage_changed": "coin_exchanges",
    "pair_removed": "coin_exchanges",
}
# One open job a pair, and finding those that are due.
_INDEXES: Final = ("uid_sync_jobs_open", "idx_sync_jobs_due")
_CONSTRAINTS: Final = {
    "the primary key (series, timestamp)": "contype = 'p' AND conkey = '{1,2}'",
    "the check candles_prices": "conname = 'candles_prices' AND convalidated",
    "the check candles_volume": "conname = 'candles_volume' AND convalidated",
}


def _models() -> Iterator[tuple[str, dict[str, str]]]:
    """Tables and the types of their columns."""
    for model in Entity.__subclasses__():
        description = model.describe(serializable=False)
        columns = [description["pk_field"], *description["data_fields"]]
        yield description["table"], {column["db_column"]: _type(column["db_field_types"]) for column in columns}


def _type(by_dialect: Mapping[str, str]) -> str:
    return by_dialect.get("postgres", by_dialect[""])


async def differences() -> list[str]:
    """What is not as it should be, in a phrase each."""
    own = {"candles": _CANDLES, "candle_changes": _CANDLE_CHANGES, "coverage_sources": _COVERAGE_SOURCES}
    tables = {**dict(_models()), **own}
    async with connection() as db:
        columns = [phrase for name, wanted in tables.items() for phrase in await _columns(db, name, wanted)]
        return [*columns, *await _triggers(db), *await _constraints(db), *await _indexes(db)]


_COLUMNS: Final = """
SELECT w.name, w.type, format_type(a.atttypid, a.atttypmod) AS found,
    format_type(a.atttypid, a.atttypmod) = format_type(to_regtype(w.type), to_regtypemod(w.type)) AS agrees
FROM unnest($2::text[], $3::text[]) AS w (name, type)
LEFT JOIN pg_attribute AS a
    ON a.attrelid = to_regclass($1) AND a.attname = w.name AND a.attnum > 0 AND NOT a.attisdropped
"""


async def _columns(db: Connection, table: str, wanted: dict[str, str]) -> list[str]:
    rows = await db.fetch(_COLUMNS, table, list(wanted), list(wanted.values()))
    if all(row["found"] is None for row in rows):
        return [f"there is no table {table}"]
    told = {
        row["name"]: f"{row['found']} instead of {row['type']}" if row["found"] else "missing"
        for row in rows
        if not row["agrees"]
    }
    return [f"{table}.{column} is {what}" for column, what in told.items()]


_ENABLED: Final = """
SELECT tgname::text FROM pg_trigger WHERE tgenabled IN ('O', 'A') AND NOT tgisinternal AND tgparentid = 0
"""


async def _triggers(db: Connection) -> list[str]:
    found = {row["tgname"] for row in await db.fetch(_ENABLED)}
    return [
        f"the trigger {name} on {table} is missing or switched off"
        for name, table in _TRIGGERS.items()
        if name not in found
    ]


async def _constraints(db: Connection) -> list[str]:
    of_candles = "SELECT EXISTS (SELECT FROM pg_constraint WHERE conrelid = to_regclass('candles') AND"
    missing = [name for name, clause in _CONSTRAINTS.items() if not await db.fetchval(f"{of_candles} {clause})")]
    return [f"candles lacks {name}" for name in missing]


async def _indexes(db: Connection) -> list[str]:
    missing = [name for name in _INDEXES if not await db.fetchval("SELECT to_regclass($1) IS NOT NULL", name)]
    rows = await db.fetch("SELECT indexrelid::regclass::text AS name FROM pg_index WHERE NOT indisvalid")
    unfinished = [row["name"] for row in rows]
    return [
        *(f"the index {name} is missing" for name in missing),
        *(f"the index {name} was never finished" for name in unfinished),
    ]
