"""Keeping what exchanges list: symbols come and go, and none is forgotten."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from domain import lengths
from domain.database import connection, transaction
from domain.storage.exchanges import intervals_json
from domain.storage.filters import is_keepable

# Stands for any characters in a pattern of symbols, which may have so many of them.
WILDCARD: Final = "*"
_MOST_WILDCARDS: Final = 4


@dataclass(frozen=True, slots=True)
class Listing:
    """A symbol that an exchange lists; `listed_at` where the exchange tells."""

    symbol: str
    base: str
    quote: str
    is_active: bool
    listed_at: datetime | None = None

    @property
    def fits(self) -> bool:
        """Whether the columns are wide enough; no coin that people trade has a longer name."""
        texts = ((self.symbol, lengths.SYMBOL), (self.base, lengths.COIN_SYMBOL), (self.quote, lengths.CURRENCY))
        return all(len(text) <= most for text, most in texts)


# Two lists at once, each in an order of its own, would wait for each other.
_LOCK: Final = "SELECT FROM exchanges WHERE id = $1 FOR NO KEY UPDATE"

# When the first list is loaded, nobody knows since when its symbols have been there; later, new ones are new.
_LIST: Final = """
INSERT INTO markets (exchange_id, symbol, base, quote, is_active, listed_at)
SELECT $1, m.symbol, m.base, m.quote, m.is_active,
    coalesce(m.listed_at, CASE WHEN k.id IS NULL AND e.markets_refreshed_at IS NOT NULL THEN $7::timestamptz END)
FROM unnest($2::text[], $3::text[], $4::text[], $5::bool[], $6::timestamptz[])
    AS m (symbol, base, quote, is_active, listed_at)
JOIN exchanges AS e ON e.id = $1
LEFT JOIN markets AS k ON k.exchange_id = $1 AND k.symbol = m.symbol
ON CONFLICT (exchange_id, symbol) DO UPDATE
SET base = excluded.base, quote = excluded.quote, is_active = excluded.is_active, updated_at = $7,
    listed_at = coalesce(excluded.listed_at, markets.listed_at),
    delisted_at = CASE WHEN markets.is_active AND NOT excluded.is_active THEN $7
        WHEN NOT excluded.is_active THEN markets.delisted_at END
WHERE (markets.base, markets.quote, markets.is_active, markets.listed_at) IS DISTINCT FROM
    (excluded.base, excluded.quote, excluded.is_active, coalesce(excluded.listed_at, markets.listed_at))
"""
_DELIST: Final = """
UPDATE markets SET is_active = FALSE, delisted_at = $3, updated_at = $3
WHERE exchange_id = $1 AND is_active AND symbol <> ALL ($2::text[])
"""
_REFRESHED: Final = """
UPDATE exchanges SET intervals = $2, markets_refreshed_at = $3, updated_at = $3 WHERE id = $1
"""


async def replace(exchange_id: UUID, listings: Sequence[Listing], intervals: Sequence[str], now: datetime) -> None:
    """Stores a loaded market list; symbols that it lacks are delisted, not forgotten."""
    kept = [m for m in listings if m.fits]
    symbols = [m.symbol for m in kept]
    rest = ([m.base for m in kept], [m.quote for m in kept], [m.is_active for m in kept], [m.listed_at for m in kept])
    async with transaction() as db:
        await db.execute(_LOCK, exchange_id)
        await db.execute(_LIST, exchange_id, symbols, *rest, now)
        await db.execute(_DELIST, exchange_id, symbols, now)
        await db.execute(_REFRESHED, exchange_id, intervals_json(intervals), now)


_COLUMNS: Final = "symbol, base, quote, is_active, listed_at"
_NAMED: Final = f"SELECT {_COLUMNS} FROM markets WHERE exchange_id = $1 AND symbol = ANY($2::text[])"


async def named(exchange_id: UUID, symbols: Sequence[str]) -> dict[str, Listing]:
    """Those of the symbols that the exchange's market list has."""
    async with connection() as db:
        rows = await db.fetch(_NAMED, exchange_id, [symbol for symbol in symbols if is_keepable(symbol)])
    return {row["symbol"]: Listing(*row) for row in rows}


_MATCHING: Final = f"""
SELECT {_COLUMNS} FROM markets
WHERE exchange_id = $1 AND is_active AND length(base) <= {lengths.COIN_SYMBOL}
    AND upper(symbol) LIKE upper($2) ESCAPE '\\'
ORDER BY symbol
"""


async def matching(exchange_id: UUID, pattern: str) -> dict[str, Listing]:
    """Symbols that are traded and match a pattern such as `*/USDT`, in upper or lower case."""
    if not is_keepable(pattern) or pattern.count(WILDCARD) > _MOST_WILDCARDS:
        return {}
    escaped = pattern.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    async with connection() as db:
        rows = await db.fetch(_MATCHING, exchange_id, escaped.replace(WILDCARD, "%"))
    return {row["symbol"]: Listing(*row) for row in rows}


_ACTIVE_COUNT: Final = "SELECT count(*) FROM markets WHERE exchange_id = $1 AND is_active"


async def active_count(exchange_id: UUID) -> int:
    async with connection() as db:
        return int(await db.fetchval(_ACTIVE_COUNT, exchange_id))


# What any pair of the symbol found out, whatever its interval, is surer than when the list first had it.
_EARLIEST: Final = """
SELECT s.symbol, coalesce(
    (SELECT min(listed_at) FROM coin_exchanges WHERE exchange_id = $1 AND symbol = s.symbol),
    (SELECT listed_at FROM markets WHERE exchange_id = $1 AND symbol = s.symbol),
    (SELECT min(listed_at) FROM coin_exchanges WHERE exchange_id = $1)
) AS earliest
FROM unnest($2::text[]) AS s (symbol)
"""


async def earliest(exchange_id: UUID, symbols: Sequence[str]) -> dict[str, datetime | None]:
    """The best guess at when each symbol's first candle opened; None where nothing is known of the exchange."""
    async with connection() as db:
        rows = await db.fetch(_EARLIEST, exchange_id, list(symbols))
    return {row["symbol"]: row["earliest"] for row in rows}
