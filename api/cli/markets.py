"""`candelabra markets`: what an exchange lists."""

from typing import Annotated, Any, Final, TypeAlias

import typer

from api.cli.address import address
from api.cli.client import connected
from api.cli.errors import CommandError
from api.cli.options import DEFAULT_URL, AsJson, Exchange, Key, Url
from api.cli.terminal import counting, say, show_json, show_table

_MARKETS: Final = """
query($first: Int!, $after: String, $exchange: String!, $search: String, $isActive: Boolean) {
  exchange(name: $exchange) {
    markets(search: $search, isActive: $isActive, first: $first, after: $after) {
      nodes { symbol base quote isActive listedAt delistedAt }
      pageInfo { hasNextPage endCursor }
      totalCount
    }
  }
}
"""

Search: TypeAlias = Annotated[
    str | None, typer.Argument(help="Part of the symbols, for example btc or BTC/.", show_default=False)
]
Traded: TypeAlias = Annotated[bool, typer.Option("--traded", help="Leaves out what is not traded any more.")]


def markets(
    exchange: Exchange,
    search: Search = None,
    *,
    traded: Traded = False,
    as_json: AsJson = False,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Lists an exchange's markets, those that a search finds best first, with when they came and went."""
    wanted = {"exchange": exchange, "search": search, "isActive": traded or None}
    with connected(address(url, key)) as api, counting("Markets") as seen:
        found = api.nodes(_MARKETS, _page, seen, **wanted)
    if as_json:
        show_json(found)
    elif found:
        show_table(("Symbol", "Listed", "Delisted"), map(_row, found))
    else:
        say("No market matches." if search else "Its markets were not loaded yet.")


def _page(answer: dict[str, Any]) -> dict[str, Any]:
    if answer["exchange"] is None:
        raise CommandError("There is no exchange of this name; `candelabra status` lists those there are.")
    page: dict[str, Any] = answer["exchange"]["markets"]
    return page


def _row(market: dict[str, Any]) -> list[str]:
    gone = market["delistedAt"] or ("" if market["isActive"] else "not traded")
    return [market["symbol"], market["listedAt"] or "-", gone]
