"""Keeping the market lists current."""

from domain.clock import Clock
from domain.interval import interval
from domain.source import CandleSource, Effort, Priority, SourceError
from domain.storage import exchanges, timeframes
from workers.client import CREDIBLE_SHARE


async def refresh_markets(name: str, source: CandleSource, clock: Clock) -> None:
    """Loads and stores what the exchange lists. Raises SourceError, and then has stored nothing."""
    exchange = await exchanges.get(name)
    loaded = await source.markets(Effort(Priority.REPAIR))
    active = sum(listing.is_active for listing in loaded.listings)
    known = await exchanges.active_market_count(exchange.id)
    if active < known * CREDIBLE_SHARE:
        told = f"{name} lists {active} active markets where it listed {known}; the list is not believed."
        raise SourceError("BAD_MARKET_LIST", told, is_transient=True)
    await timeframes.seed([interval(text) for text in loaded.intervals])
    await exchanges.replace_markets(exchange.id, loaded.listings, loaded.intervals, clock())
