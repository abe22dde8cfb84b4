"""Coins, known by the base symbol of the pairs that trade them."""

from collections.abc import Sequence
from typing import Final, cast
from uuid import UUID

from domain.database import connection
from domain.errors import NotFoundError
from domain.records import Coin
from domain.storage.filters import condition, contains
from domain.storage.keyset import Column, Keyset
from domain.storage.select import Select

COLUMNS: Final = "c.id, c.symbol, c.name, c.coingecko_id, c.market_cap_rank, c.image_url, c.created_at, c.updated_at"
_COINS: Final = Select(COLUMNS, "coins AS c", lambda rows: [Coin(*row) for row in rows])


async def find(symbol: str) -> Coin | None:
    return await _COINS.first([condition("c.symbol = {0}", symbol)])


async def by_ids(ids: Sequence[UUID]) -> dict[UUID, Coin]:
    return {coin.id: coin for coin in await _COINS.rows([condition("c.id = ANY({0})", ids)])}


_SET_NAME: Final = """
UPDATE coins SET name = coalesce($2, coingecko_name, symbol), updated_at = now() WHERE symbol = $1
"""


async def set_name(symbol: str, name: str | None) -> Coin:
    """Names a coin by hand, or as CoinGecko does where the name is None. Raises NotFoundError."""
    if await find(symbol) is None:
        raise NotFoundError("There is no such coin; the query coins lists those there are.")
    async with connection() as db:
        await db.execute(_SET_NAME, symbol, name)
    return cast("Coin", await find(symbol))


def listed(search: str | None = None) -> Keyset[Coin]:
    """Coins by symbol; `search` matches a part of the symbol or of the name."""
    conditions = (contains(("c.symbol", "c.name"), search),) if search else ()
    return Keyset(_COINS, conditions, (Column.text("c.symbol", "symbol"),))
