"""`candelabra export`: candles as a file, exact to the last digit."""

import sys
import time
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import httpx
import typer

from api.cli.address import Address, address
from api.cli.arrivals import Arrivals, Lines, Whole, behind
from api.cli.client import connected
from api.cli.download import pieces
from api.cli.errors import ApiError, CommandError, UnreachableError
from api.cli.export_format import ExportFormat, usual_format
from api.cli.options import DEFAULT_URL, End, Exchange, Interval, Key, Start, Symbol, Url
from api.cli.sink import Sink, last_line, opened
from api.cli.terminal import complain, counting
from api.cli.wanted import Wanted

_RANGE: Final = ("exchange", "symbol", "interval", "from", "to", "fill")
_EXTENT: Final = """
query(
  $exchange: String!, $symbol: String!, $interval: Interval!, $from: DateTime, $to: DateTime, $fill: Fill! = NONE
) {
  exportPath
  candles(
    exchange: $exchange, symbol: $symbol, interval: $interval, from: $from, to: $to, first: 0, fill: $fill
  ) { totalCount }
}
"""

# Seconds until something comes: the API itself waits up to a minute for its caller's quota.
_ANSWER_SECONDS: Final = 90.0

# Seconds without anything new after which a broken connection is not made again.
_PATIENCE_SECONDS: Final = 90.0
_PAUSE_SECONDS: Final = 0.5

Output: TypeAlias = Annotated[Path | None, typer.Option("--output", "-o", help="A new file, instead of stdout.")]
Format: TypeAlias = Annotated[
    ExportFormat | None,
    typer.Option("--format", show_default=False, help="Left out: by the ending of the file's name, else csv."),
]
Append: TypeAlias = Annotated[
    bool, typer.Option("--append", help="The file may be there; goes on where it ends. Of csv and ndjson.")
]


class Fill(StrEnum):
    """The words of the contract."""

    NONE = "none"
    PREVIOUS_CLOSE = "previous_close"


First: TypeAlias = Annotated[int | None, typer.Option(min=0, show_default=False, help="How many, from the oldest on.")]
Last: TypeAlias = Annotated[int | None, typer.Option(min=0, show_default=False, help="How many, back from the newest.")]
After: TypeAlias = Annotated[
    str | None, typer.Option(show_default=False, help="Only candles behind this cursor of the API.")
]
Before: TypeAlias = Annotated[
    str | None, typer.Option(show_default=False, help="Only candles ahead of this cursor of the API.")
]
GivenFill: TypeAlias = Annotated[
    Fill | None,
    typer.Option("--fill", case_sensitive=False, show_default=False, help="What slots without a trade become."),
]


class Export:
    """How far it is."""

    def __init__(self, url: str, sink: Sink, arrivals: Arrivals) -> None:
        self._url = url
        self._sink = sink
        self._arrivals = arrivals
        self._heard = time.monotonic()

    def run(self, client: httpx.Client, wanted: Wanted, seen: Callable[[int], None]) -> None:
        """Goes on behind the last whole line where the connection is lost, as long as something comes."""
        rest = wanted
        while True:
            self._arrivals.begin()
            try:
                for piece in pieces(client, self._url, rest.arguments):
                    self._take(piece)
                    seen(self._arrivals.count)
            except (ApiError, UnreachableError) as error:
                self._wait(error)
            else:
                self._sink.keep()
                return
            if self._arrivals.then:
                rest = wanted.behind(self._arrivals.then, self._arrivals.count)

    def _take(self, piece: bytes) -> None:
        self._sink.write(self._arrivals.take(piece))
        self._heard = time.monotonic()
        if self._arrivals.then:
            self._sink.keep()

    def _wait(self, error: ApiError | UnreachableError) -> None:
        """Raises the error where waiting would not help."""
        wait = error.retry_after if isinstance(error, ApiError) else _PAUSE_SECONDS
        if wait is None or not self._arrivals.can_go_on or time.monotonic() + wait - self._heard > _PATIENCE_SECONDS:
            raise error
        time.sleep(wait)


def export(
    exchange: Exchange,
    symbol: Symbol,
    interval: Interval,
    *,
    start: Start = None,
    end: End = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    fill: GivenFill = None,
    output: Output = None,
    append: Append = False,
    kind: Format = None,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Writes a pair's candles, oldest first, as CSV or in another format; where it breaks off it goes on by itself."""
    given = kind or usual_format(output)
    _check(output, given, is_added=append, last=last)
    end_of_file = last_line(output) if output and append and output.exists() else b""
    asked = {"exchange": exchange, "symbol": symbol, "interval": interval, "after": after, "before": before}
    asked |= {"from": behind(end_of_file, given) or start, "to": end, "fill": fill and fill.upper()}
    wanted = Wanted.of(asked, first=first, last=last)
    arrivals: Arrivals = Lines(given, has_header=bool(end_of_file)) if given.is_lines else Whole()
    with opened(output, is_added=append) as sink:
        try:
            _export(address(url, key), wanted, given, sink, arrivals)
        except CommandError as error:
            raise CommandError(f"{error}{_resumption(wanted, arrivals, output)}") from error
        except KeyboardInterrupt:
            complain(f"Stopped.{_resumption(wanted, arrivals, output)}")
            raise


def _check(output: Path | None, kind: ExportFormat, *, is_added: bool, last: int | None) -> None:
    if is_added and last is not None:
        raise typer.BadParameter("--append takes --first, not --last: it goes on where the file ends.")
    if is_added and not (output and kind.is_lines):
        raise typer.BadParameter("--append goes on with a file of csv or ndjson, which --output names.")
    if not output and not kind.is_lines and sys.stdout.isatty():
        raise typer.BadParameter(f"{kind} is not for reading: name a file with --output.")


def _export(to: Address, wanted: Wanted, kind: ExportFormat, sink: Sink, arrivals: Arrivals) -> None:
    with connected(to) as api:
        extent = api.ask(_EXTENT, **{name: wanted.arguments[name] for name in _RANGE if name in wanted.arguments})
    total = wanted.of_all(extent["candles"]["totalCount"]) if kind.is_lines else None
    with (
        httpx.Client(headers=to.credentials, timeout=_ANSWER_SECONDS) as client,
        counting("Candles" if kind.is_lines else "Kilobytes") as seen,
    ):
        exporting = Export(to.url_of(f"{extent['exportPath']}.{kind}"), sink, arrivals)
        exporting.run(client, wanted, lambda count: seen(count, total))


def _resumption(wanted: Wanted, arrivals: Arrivals, output: Path | None) -> str:
    """How to go on where it ended; empty where that cannot be done."""
    if not arrivals.then:
        return ""
    rest = wanted.behind(arrivals.then, arrivals.count)
    how = "the same command with --append" if output else f"--from {arrivals.then}"
    count = "" if rest.most is None else f" and --first {rest.most}"
    instead = " instead of --last" if "last" in wanted.arguments else ""
    return f" {arrivals.count:,} candles are written; {how}{count}{instead} adds the rest to them."
