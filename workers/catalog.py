"""Keeping lists from outside current."""

from datetime import timedelta
from typing import Final

from domain.candle_source import CandleSource, Effort, Priority, SourceError
from domain.clock import Clock
from domain.interval import interval
from domain.storage import coingecko, exchanges, listings, loads, timeframes
from domain.storage.loads import Turn
from workers.client import CREDIBLE_SHARE
from workers.coingecko import CoinGecko

# In which CoinGecko counts requests.
_MINUTE: Final = timedelta(minutes=1)


async def refresh_markets(name: str, source: CandleSource, clock: Clock) -> None:
    """Loads and stores what the exchange lists. Raises SourceError, and then has stored nothing."""
    exchange = await exchanges.get(name)
    loaded = await source.markets(Effort(Priority.REPAIR))
    active = sum(listing.is_active for listing in loaded.listings)
    known = await listings.active_count(exchange.id)
    if active < known * CREDIBLE_SHARE:
        told = f"{name} lists {active} active markets where it listed {known}; the list is not believed."
        raise SourceError("BAD_MARKET_LIST", told, is_transient=True)
    await timeframes.seed([interval(text) for text in loaded.intervals])
    await listings.replace(exchange.id, loaded.listings, loaded.intervals, clock())


async def refresh_coins(source: CoinGecko, turn: Turn) -> timedelta | None:
    """Loads and stores a minute's share of pages; how long to wait for the rest, None where that was all.

    Raises SourceError, and then has stored the pages before.
    """
    for page in range(turn.page, turn.page + source.pages_a_minute):
        if not await coingecko.keep(await source.page(page), turn.edition):
            await _finish(turn.edition)
            return None
        await loads.move_on(turn, page + 1)
    return _MINUTE


async def _finish(edition: int) -> None:
    """The end of a list is a page without anything new; an outage page looks like it, but comes too early."""
    seen, unseen = await coingecko.count(edition)
    if not seen or seen < (seen + unseen) * CREDIBLE_SHARE:
        told = f"CoinGecko lists {seen} coins where it listed {seen + unseen}; the list is not believed."
        raise SourceError("BAD_COIN_LIST", told, is_transient=True)
    await coingecko.forget_others(edition)
