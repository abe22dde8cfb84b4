"""Reading what exchanges list; the lists themselves are kept by `exchanges`."""

from typing import Final
from uuid import UUID

from domain.records import Market
from domain.storage.filters import condition, contains
from domain.storage.keyset import Column, Keyset
from domain.storage.select import Select

_MARKETS: Final = Select(
    "m.symbol, m.base, m.quote, m.is_active", "markets AS m", lambda rows: [Market(*row) for row in rows]
)


def listed(exchange_id: UUID, search: str | None = None) -> Keyset[Market]:
    """An exchange's markets by symbol; `search` matches a part of the symbol."""
    found = (contains(("m.symbol",), search),) if search else ()
    return Keyset(
        _MARKETS, (condition("m.exchange_id = {0}", exchange_id), *found), (Column.text("m.symbol", "symbol"),)
    )
