"""CoinGecko's list of coins as it was last loaded, and what it says of the coins that pairs trade."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from domain.database import connection, transaction
from domain.postgres.connect import Connection


@dataclass(frozen=True, slots=True)
class ListedCoin:
    """A coin as CoinGecko lists it; several share a symbol, of which the one of the best rank is meant."""

    coingecko_id: str
    symbol: str
    name: str
    market_cap_rank: int | None
    image_url: str | None


_KEEP: Final = """
INSERT INTO coingecko_coins (edition, coingecko_id, symbol, name, market_cap_rank, image_url)
SELECT DISTINCT ON (coin.id) $1::int, coin.id, upper(coin.symbol), coin.name, coin.rank, coin.image
FROM unnest($2::text[], $3::text[], $4::text[], $5::int[], $6::text[]) AS coin (id, symbol, name, rank, image)
ORDER BY coin.id, coin.rank
ON CONFLICT (coingecko_id) DO UPDATE
SET edition = excluded.edition, symbol = excluded.symbol, name = excluded.name,
    market_cap_rank = excluded.market_cap_rank, image_url = excluded.image_url, updated_at = now()
WHERE coingecko_coins.edition <> excluded.edition
RETURNING id
"""
# What CoinGecko lists under the symbol of `known`.
_MEANT: Final = """
LATERAL (
    SELECT g.coingecko_id, g.name, g.market_cap_rank, g.image_url FROM coingecko_coins AS g
    WHERE g.symbol = upper(known.symbol) ORDER BY g.market_cap_rank, g.coingecko_id LIMIT 1
) AS meant
"""
# A name that is neither the symbol nor what CoinGecko last said was set by hand, and stays.
_NAME: Final = f"""
UPDATE coins AS c
SET name = CASE WHEN c.name = coalesce(c.coingecko_name, c.symbol) THEN meant.name ELSE c.name END,
    coingecko_name = meant.name, coingecko_id = meant.coingecko_id, market_cap_rank = meant.market_cap_rank,
    image_url = meant.image_url, updated_at = now()
FROM coins AS known, {_MEANT}
WHERE known.id = c.id AND (c.coingecko_name, c.coingecko_id, c.market_cap_rank, c.image_url)
    IS DISTINCT FROM (meant.name, meant.coingecko_id, meant.market_cap_rank, meant.image_url)
"""


async def keep(coins: Sequence[ListedCoin], edition: int) -> int:
    """Stores a part of the list, and names the coins that it is about; how many of it this edition had not seen."""
    columns = zip(*((c.coingecko_id, c.symbol, c.name, c.market_cap_rank, c.image_url) for c in coins), strict=True)
    async with transaction() as db:
        new = await db.fetch(_KEEP, edition, *(list(column) for column in columns)) if coins else []
        if new:
            await db.execute(_NAME)
    return len(new)


_COUNT: Final = """
SELECT count(*) FILTER (WHERE edition = $1) AS seen, count(*) FILTER (WHERE edition <> $1) AS unseen
FROM coingecko_coins
"""


async def count(edition: int) -> tuple[int, int]:
    """How many coins an edition has seen, and how many are known only from those before it."""
    async with connection() as db:
        [row] = await db.fetch(_COUNT, edition)
    return row["seen"], row["unseen"]


async def forget_others(edition: int) -> None:
    """What an edition has not seen is no longer listed; coins that nothing listed is meant by keep their names."""
    async with transaction() as db:
        await db.execute("DELETE FROM coingecko_coins WHERE edition <> $1", edition)
        await db.execute(_NAME)


_ADD: Final = f"""
INSERT INTO coins (symbol, name, coingecko_name, coingecko_id, market_cap_rank, image_url)
SELECT known.symbol, coalesce(meant.name, known.symbol), meant.name, meant.coingecko_id, meant.market_cap_rank,
    meant.image_url
FROM (SELECT DISTINCT unnest($1::text[]) AS symbol) AS known LEFT JOIN {_MEANT} ON TRUE
ORDER BY known.symbol
ON CONFLICT (symbol) DO NOTHING
"""


async def add_coins(db: Connection, symbols: Sequence[str]) -> None:
    """Makes coins exist, under CoinGecko's names where those are known and under their symbols elsewhere."""
    await db.execute(_ADD, list(symbols))
