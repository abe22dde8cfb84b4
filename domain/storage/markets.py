"""Reading and searching what exchanges list; `listings` keeps it."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from domain.records import Market
from domain.storage.filters import Condition, condition, conditions, is_keepable
from domain.storage.keyset import Column, Keyset
from domain.storage.select import Select

_COLUMNS: Final = "m.symbol, m.base, m.quote, m.is_active, m.listed_at, m.delisted_at"


@dataclass(frozen=True, slots=True)
class MarketFilter:
    """What markets must match; None matches all. Base and quote are given in full, in any case."""

    base: str | None = None
    quote: str | None = None
    is_active: bool | None = None


_FILTERS: Final = {"base": "upper(m.base)", "quote": "upper(m.quote)", "is_active": "m.is_active"}

_MARKETS: Final = Select(f"{_COLUMNS}, 0 AS relevance", "markets AS m", lambda rows: [Market(*row) for row in rows])

# What people write is a coin, a symbol with or without its slash, the beginning of either, or a part of it.
_FOUND: Final = """
(
    SELECT listed.*, CASE
        WHEN upper(symbol) = word OR upper(base) = word OR upper(base || quote) = word THEN 0
        WHEN starts_with(upper(symbol), word) OR starts_with(upper(base || quote), word) THEN 1
        WHEN starts_with(upper(quote), word) THEN 2
        ELSE 3
    END AS relevance
    FROM markets AS listed, upper({1}) AS word
    WHERE exchange_id = {0} AND (strpos(upper(symbol), word) > 0 OR strpos(upper(base || quote), word) > 0)
) AS m
"""


def listed(exchange_id: UUID, search: str | None = None, wanted: MarketFilter = MarketFilter()) -> Keyset[Market]:
    """An exchange's markets: by symbol, or those that a search finds, the likeliest first."""
    asked = tuple(conditions(_upper(wanted), _FILTERS))
    by_symbol = Column.text("m.symbol", "symbol")
    if not search:
        return Keyset(_MARKETS, (condition("m.exchange_id = {0}", exchange_id), *asked), (by_symbol,))
    if not is_keepable(search):
        return Keyset(_MARKETS, (Condition("FALSE"),), (by_symbol,))
    found = Select(f"{_COLUMNS}, m.relevance", _FOUND, _MARKETS.read, (exchange_id, search))
    return Keyset(found, asked, (Column.whole("m.relevance", "relevance"), by_symbol))


def _upper(wanted: MarketFilter) -> MarketFilter:
    base, quote = (text and text.upper() for text in (wanted.base, wanted.quote))
    return MarketFilter(base, quote, wanted.is_active)
