"""`candelabra pairs`: what is collected, and how completely."""

from typing import Any, Final

from api.cli.address import address
from api.cli.client import connected
from api.cli.options import DEFAULT_URL, AnyExchange, AnyInterval, AnySymbol, AsJson, Key, Url
from api.cli.pair_names import PairNames, names_of
from api.cli.terminal import say, show_json, show_table

_PAIRS: Final = """
query($first: Int!, $after: String, $filter: PairFilter) {
  pairs(first: $first, after: $after, filter: $filter) {
    nodes {
      id exchange { name } symbol interval isActive status
      coverage { percent candleCount emptySlots firstCandleAt lastCandleAt }
    }
    pageInfo { hasNextPage endCursor }
    totalCount
  }
}
"""


def pairs(
    exchange: AnyExchange = None,
    symbol: AnySymbol = None,
    interval: AnyInterval = None,
    *,
    as_json: AsJson = False,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Lists the pairs with their status and coverage."""
    wanted = PairNames(exchange, symbol, interval)
    with connected(address(url, key)) as api:
        found = wanted.pairs(api, _PAIRS)
    if as_json:
        show_json(found)
    elif found:
        show_table(("Exchange", "Symbol", "Interval", "Status", "Covered", "Candles", "From", "To"), map(_row, found))
    else:
        say(wanted.missed)


def _row(pair: dict[str, Any]) -> list[str]:
    coverage = pair["coverage"]
    return [
        *names_of(pair).values(),
        pair["status"] if pair["isActive"] else f"{pair['status']}, off",
        f"{coverage['percent']:.2f} %",
        f"{coverage['candleCount']:,}",
        coverage["firstCandleAt"] or "-",
        coverage["lastCandleAt"] or "-",
    ]
