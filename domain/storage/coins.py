"""Coins, known by the base symbol of the pairs that trade them."""

from collections.abc import Sequence
from uuid import UUID

from tortoise.expressions import Q

from domain.models import Coin
from domain.storage.filters import is_keepable, matching
from domain.storage.keyset import Column, Keyset


async def find(symbol: str) -> Coin | None:
    return await matching(Coin.all(), {"symbol": symbol}).first()


async def by_ids(ids: Sequence[UUID]) -> dict[UUID, Coin]:
    return {coin.id: coin for coin in await Coin.filter(id__in=list(ids))}


def listed(search: str | None = None) -> Keyset[Coin]:
    """Coins by symbol; `search` matches a part of the symbol or of the name."""
    rows = Coin.all()
    if search and is_keepable(search):
        rows = rows.filter(Q(symbol__icontains=search) | Q(name__icontains=search))
    elif search:
        rows = rows.filter(id__in=[])
    return Keyset(rows, (Column.text("symbol"),))
