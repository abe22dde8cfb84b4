"""`candelabra export`: candles as CSV or as lines of JSON, exact to the last digit."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from api.cli.address import address
from api.cli.client import Api, connected
from api.cli.errors import CommandError
from api.cli.options import DEFAULT_URL, AsJson, End, Exchange, Interval, Key, Start, Symbol, Url
from api.cli.rows import CSV_HEADER, csv, ndjson
from api.cli.sink import Sink, opened
from api.cli.terminal import Seen, complain, counting

_CANDLES: Final = """
query(
  $exchange: String!, $symbol: String!, $interval: Interval!, $from: DateTime, $to: DateTime,
  $first: Int!, $after: String, $isCounted: Boolean!
) {
  candles(
    exchange: $exchange, symbol: $symbol, interval: $interval, from: $from, to: $to, first: $first, after: $after
  ) {
    nodes { timestamp open high low close volume }
    pageInfo { hasNextPage endCursor }
    totalCount @include(if: $isCounted)
  }
}
"""

# The most that the API gives in one answer unless it is set up otherwise.
_PAGE_CANDLES: Final = 10_000

Output = Annotated[Path | None, typer.Option("--output", "-o", help="A new file, instead of stdout.")]
Append = Annotated[
    bool, typer.Option("--append", help="The file is there; what comes is added to it, without a header.")
]


class Export:
    """How far it is."""

    def __init__(
        self, market: dict[str, str | None], sink: Sink, seen: Seen, *, as_json: bool, has_header: bool
    ) -> None:
        self._market = market
        self._sink = sink
        self._seen = seen
        self._lines = ndjson if as_json else csv
        self._header = CSV_HEADER if has_header else ""
        self.count = 0
        self.last = ""  # open time of the last candle that was written

    def run(self, api: Api) -> None:
        total, after = 0, None
        while True:
            page = self._page(api, after)
            total = page.get("totalCount", total)
            self._write(page["nodes"])
            self._seen(self.count, max(total, self.count))
            if not page["pageInfo"]["hasNextPage"]:
                return
            after = page["pageInfo"]["endCursor"]

    @property
    def resumption(self) -> str:
        """How to go on where it ended; empty where it has not begun."""
        if not self.last:
            return ""
        # No interval is as short as a second, so nothing is skipped and nothing comes twice.
        behind = datetime.fromisoformat(self.last) + timedelta(seconds=1)
        then = f"--from {behind.isoformat().replace('+00:00', 'Z')} --append"
        return f" {self.count:,} candles are written; {then} adds the rest to them."

    def _page(self, api: Api, after: str | None) -> dict[str, Any]:
        asked = {**self._market, "first": _PAGE_CANDLES, "after": after, "isCounted": after is None}
        found: dict[str, Any] = api.ask(_CANDLES, **asked)["candles"]
        return found

    def _write(self, candles: list[dict[str, str]]) -> None:
        self._sink.write(self._header + self._lines(candles))
        self._header = ""
        if candles:
            self.count += len(candles)
            self.last = candles[-1]["timestamp"]


def export(
    exchange: Exchange,
    symbol: Symbol,
    interval: Interval,
    *,
    start: Start = None,
    end: End = None,
    output: Output = None,
    append: Append = False,
    as_json: AsJson = False,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Writes a pair's candles, oldest first: CSV, or a JSON object a line with --json."""
    market = {"exchange": exchange, "symbol": symbol, "interval": interval, "from": start, "to": end}
    with connected(address(url, key)) as api, opened(output, is_added=append) as sink, counting("Candles") as seen:
        exporting = Export(market, sink, seen, as_json=as_json, has_header=not as_json and not append)
        try:
            exporting.run(api)
        except CommandError as error:
            raise CommandError(f"{error}{exporting.resumption}") from error
        except KeyboardInterrupt:
            complain(f"Stopped.{exporting.resumption}")
            raise
