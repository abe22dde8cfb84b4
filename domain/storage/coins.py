"""Coins, known by the base symbol of the pairs that trade them."""

from collections.abc import Sequence
from uuid import UUID

from domain.models import Coin


async def find(symbol: str) -> Coin | None:
    return await Coin.get_or_none(symbol=symbol)


async def by_ids(ids: Sequence[UUID]) -> dict[UUID, Coin]:
    return {coin.id: coin for coin in await Coin.filter(id__in=list(ids))}
