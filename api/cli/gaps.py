"""`candelabra gaps`: what is missing."""

from datetime import datetime
from typing import Final

from api.cli.address import address
from api.cli.client import connected
from api.cli.options import DEFAULT_URL, AnyExchange, AnyInterval, AnySymbol, AsJson, End, Key, Start, Url
from api.cli.pair_names import PairNames, names_of
from api.cli.terminal import say, show_json, show_table

_GAPS: Final = """
query($first: Int!, $after: String, $filter: PairFilter, $from: DateTime, $to: DateTime) {
  pairs(first: $first, after: $after, filter: $filter) {
    nodes { exchange { name } symbol interval coverage { gaps(from: $from, to: $to) { from to } } }
    pageInfo { hasNextPage endCursor }
    totalCount
  }
}
"""


def gaps(
    exchange: AnyExchange = None,
    symbol: AnySymbol = None,
    interval: AnyInterval = None,
    *,
    start: Start = None,
    end: End = None,
    as_json: AsJson = False,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Lists the ranges in which candles are missing; a range without trades is none of them."""
    wanted = PairNames(exchange, symbol, interval)
    with connected(address(url, key)) as api:
        found = wanted.pairs(api, _GAPS, **{"from": start, "to": end})
    missing = [{**names_of(pair), **gap} for pair in found for gap in pair["coverage"]["gaps"]]
    if as_json:
        show_json(missing)
    elif missing:
        rows = ([*gap.values(), _length(gap)] for gap in missing)
        show_table(("Exchange", "Symbol", "Interval", "From", "To", "Length"), rows)
    else:
        say("No gaps." if found else wanted.missed)


def _length(gap: dict[str, str]) -> str:
    return str(datetime.fromisoformat(gap["to"]) - datetime.fromisoformat(gap["from"]))
