"""What ops/outgrowing.md says is true of the tables as they stand."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg
import httpx
import pytest

from api.app import create_app
from domain.migrate import upgrade
from domain.settings import Seed, Settings
from domain.storage.candles import Written, upsert
from ops.sandbox.binance import binance
from ops.sandbox.synthetic import SyntheticMarket
from tests.api.client import Client
from tests.api.conftest import served
from tests.pages import OUTGROWING
from tests.test_readme import NOON, clock, work

_DATABASE = "candelabra_partitioned"


@pytest.fixture
async def partitioned(installation: Settings) -> AsyncIterator[Settings]:
    """A new installation, whose candles lie in partitions from the start, beside a sandbox exchange."""
    server = await asyncpg.connect(host=installation.db_host, user=installation.db_user, database="postgres")
    await server.execute(f"CREATE DATABASE {_DATABASE}")
    own = installation.model_copy(update={"db_name": _DATABASE, "seed": Seed.DEMO})
    await upgrade(own)
    async with served(binance(SyntheticMarket(clock)), installation) as url:
        yield own.model_copy(update={"sandbox_url": url})
    await server.execute(f"DROP DATABASE {_DATABASE} WITH (FORCE)")
    await server.close()


async def test_candles_in_partitions_are_collected_and_counted_as_ever(partitioned: Settings) -> None:
    """Those from before are kept, new ones arrive, deleted ones uncover and are fetched again."""
    [statements] = [block for block in OUTGROWING.blocks("sql") if "PARTITION BY" in block]
    db = await asyncpg.connect(host=partitioned.db_host, user=partitioned.db_user, database=_DATABASE)
    async with served(create_app(partitioned, clock), partitioned) as url, httpx.AsyncClient(base_url=url) as http:
        await work(partitioned, clock)
        before = await db.fetch(_CANDLES)
        await db.execute(statements)
        assert await db.fetch(_CANDLES) == before
        assert len(before) > 0

        await db.execute(
            "DELETE FROM candles WHERE timestamp BETWEEN $1 AND $2", *(NOON - timedelta(days=ago) for ago in (3, 2))
        )
        assert await db.fetchval(_MISCOUNTED) == 0
        api = Client(http)
        for pair in (await api.data("{ pairs { nodes { id } } }"))["pairs"]["nodes"]:
            await api.data(_REPAIR, input={"pairId": pair["id"], "kind": "REPAIR"})
        await work(partitioned, clock)

        assert await db.fetch(_CANDLES) == before
        assert await db.fetchval(_MISCOUNTED) == 0
    await db.close()


async def test_revised_candles_are_told_from_new_ones_in_partitions(partitioned: Settings) -> None:
    """Also beyond the year that was cut off."""
    [statements] = [block for block in OUTGROWING.blocks("sql") if "PARTITION BY" in block]
    db = await asyncpg.connect(host=partitioned.db_host, user=partitioned.db_user, database=_DATABASE)
    await db.execute(statements)
    last, first = (int(datetime(2027, 1, 1, 0, minute, tzinfo=UTC).timestamp() * 1000) - 60_000 for minute in (0, 1))

    assert await upsert(db, 1, [(last, "1", "1", "1", "1", "1")]) == Written(1, 0)
    rows = [(at, "1", "1", "1", "1", "2") for at in (last, first)]
    assert await upsert(db, 1, rows) == Written(1, 1)
    assert await upsert(db, 1, rows) == Written(0, 0)
    await db.close()


_REPAIR = "mutation($input: SyncPairInput!) { syncPair(input: $input) { job { id } } }"
_CANDLES = "SELECT * FROM candles ORDER BY series, timestamp"
_MISCOUNTED = """
SELECT count(*) FROM coin_exchanges AS p
WHERE candle_count <> (SELECT count(*) FROM candles AS c WHERE c.series = p.series)
"""


def test_its_arithmetic_is_right() -> None:
    """Of two hundred thousand pairs at a minute."""
    [(pairs, seconds, rate)] = re.findall(r"are ([\d,]+) / (\d+) = ([\d,]+) candles a second", OUTGROWING.text)
    [(_, minutes, size, terabytes)] = re.findall(
        r"([\d,]+) \S ([\d,]+) minutes \S (\d+) bytes are (\d+) TB", OUTGROWING.text
    )
    assert number(rate) == number(pairs) // number(seconds) // 100 * 100
    assert number(minutes) == timedelta(days=365) // timedelta(minutes=1)
    assert number(terabytes) == round(number(pairs) * number(minutes) * number(size) / 1e12)


def number(text: str) -> int:
    return int(text.replace(",", ""))


async def test_a_replica_gets_a_role_and_a_slot(partitioned: Settings) -> None:
    """The statements are understood."""
    [statements] = [block for block in OUTGROWING.blocks("sql") if "REPLICATION" in block]
    db = await asyncpg.connect(host=partitioned.db_host, user=partitioned.db_user, database=_DATABASE)
    await db.execute(statements)
    await db.execute("SELECT pg_drop_replication_slot('replica_1'); DROP ROLE replica")
    await db.close()
