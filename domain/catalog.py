"""Having lists loaded that come from outside: what exchanges list, and what coins are called."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from domain import lengths
from domain.clock import Clock
from domain.errors import BadInputError
from domain.queue import Queue
from domain.storage import loads

COINS: Final = "coins"
_MARKETS: Final = "markets:"

# How long names and ranks are good for, unless somebody asks.
_COINS_KEEP: Final = timedelta(days=1)


def markets_of(exchange: str) -> str:
    """The subject of a load."""
    return f"{_MARKETS}{exchange}"


def exchange_of(subject: str) -> str | None:
    """The exchange whose markets a load is about; None where it is about coins."""
    return subject.removeprefix(_MARKETS) if subject.startswith(_MARKETS) else None


async def refresh_markets(exchanges: Iterable[str], queue: Queue, clock: Clock) -> None:
    """Has market lists loaded; those that are waiting to be are not asked for again."""
    await queue.load(await loads.ask([markets_of(exchange) for exchange in exchanges], now=clock()))


async def refresh_coins(queue: Queue, clock: Clock) -> None:
    """Has coins loaded from CoinGecko, unless they are waiting to be."""
    await queue.load(await loads.ask([COINS], now=clock()))


async def refresh_old_coins(queue: Queue, clock: Clock) -> None:
    """The same, where nobody has asked for a day."""
    now = clock()
    await queue.load(await loads.ask([COINS], now=now, unasked_since=now - _COINS_KEEP))


def coin_name(text: str) -> str:
    """What a coin can be called; BadInputError for anything else."""
    name = text.strip()
    if not (name.isprintable() and 0 < len(name) <= lengths.COIN_NAME):
        raise BadInputError(f"A coin's name has 1 to {lengths.COIN_NAME} printable characters.")
    return name
