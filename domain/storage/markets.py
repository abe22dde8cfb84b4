"""Reading what exchanges list; the lists themselves are kept by `exchanges`."""

from uuid import UUID

from domain.models import Market
from domain.storage.filters import matching
from domain.storage.keyset import Column, Keyset


def listed(exchange_id: UUID, search: str | None = None) -> Keyset[Market]:
    """An exchange's markets by symbol; `search` matches a part of the symbol."""
    conditions = {"symbol__icontains": search} if search else {}
    return Keyset(matching(Market.filter(exchange_id=exchange_id), conditions), (Column.text("symbol"),))
