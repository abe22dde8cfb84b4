"""How much of the disk a candle takes when candles come as they close, of all pairs together."""

from typing import Final

from tests.bench.reads.database import Database
from tests.bench.reads.rows import CANDLE, PRICE, START, Rows
from tests.bench.report import Finding

PAIRS: Final = 50
BYTES: Final = 130

# Each minute a transaction of its own. Whether it waits for the disk makes no difference to what it leaves there.
_FILL: Final = f"""
SET synchronous_commit = off;
DO $$
BEGIN
    FOR minute IN 0::bigint..{{minutes}} - 1 LOOP
        INSERT INTO candles SELECT series, {CANDLE}
        FROM generate_series(1, {{pairs}}) AS series, LATERAL (SELECT {PRICE} AS price) AS p;
        COMMIT;
    END LOOP;
END $$
"""
_SIZE: Final = "SELECT pg_total_relation_size('candles')::float / count(*) AS bytes FROM candles"


def disk(database: Database, minutes: int) -> Finding:
    """Fills an empty, migrated database."""
    rows = Rows(PAIRS, minutes)
    database.execute(
        rows.entities(), *_FILL.format(start=START.isoformat(), pairs=PAIRS, minutes=minutes).split(";", 1)
    )
    [found] = database.fetch(_SIZE)
    size = found["bytes"]
    what = f"a candle on disk with its index, {PAIRS} pairs filled minute by minute"
    return Finding(what, f"{size:.1f} bytes", f"at most {BYTES} bytes", size <= BYTES)
