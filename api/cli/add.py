"""`candelabra add`: chooses what is collected, after a look at what it would take."""

import re
import sys
from collections.abc import Sequence
from typing import Annotated, Any, Final, TypeAlias

import typer

from api.cli.address import address
from api.cli.client import Api, connected
from api.cli.errors import CommandError
from api.cli.options import DEFAULT_URL, AsJson, Exchange, Key, Start, Url
from api.cli.terminal import lasting, progress_console, say, show_json, show_table

_ADD: Final = """
mutation($exchange: String!, $symbols: [String!]!, $intervals: [Interval!]!, $from: DateTime, $isDry: Boolean!) {
  addPairs(input: {
    exchange: $exchange, symbols: $symbols, intervals: $intervals, from: $from, sync: true, dryRun: $isDry
  }) {
    pairs { id exchange { name } symbol interval }
    jobs { id }
    estimate { pairs newPairs symbols slots requests seconds isUpperBound }
  }
}
"""

# What no symbol looks like.
_INTERVAL: Final = re.compile(r"[0-9]+[A-Za-z]")

# Symbols that are named one by one.
_NAMED: Final = 12

Words: TypeAlias = Annotated[
    list[str],
    typer.Argument(
        metavar="PATTERN… INTERVAL…",
        help="Symbols, in which * stands for anything, as in '*/USDT'; and intervals, as in 1m 1h.",
        show_default=False,
    ),
]
DryRun: TypeAlias = Annotated[bool, typer.Option("--dry-run", help="Tells what it would take, and changes nothing.")]
Yes: TypeAlias = Annotated[bool, typer.Option("--yes", "-y", help="Does not ask before it begins.")]


def add(
    exchange: Exchange,
    words: Words,
    *,
    start: Start = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Starts collecting symbols, or all that match a pattern, from --from or their first candle on."""
    symbols, intervals = _sorted(words)
    wanted = {"exchange": exchange, "symbols": symbols, "from": start}
    with connected(address(url, key)) as api:
        foreseen = _foreseen(api, wanted, intervals)
        if as_json and dry_run:
            show_json(foreseen)
        if not as_json:
            _show(foreseen)
        if dry_run:
            return
        _confirm(is_given=yes)
        added = _added(api, {**wanted, "intervals": intervals, "isDry": False})
    if as_json:
        show_json({"pairs": added["pairs"], "jobs": added["jobs"]})
    else:
        count = len(added["pairs"])
        say(f"{count:,} {'pair is' if count == 1 else 'pairs are'} being collected; `candelabra status` shows how far.")


def _sorted(words: Sequence[str]) -> tuple[list[str], list[str]]:
    intervals = [word for word in words if _INTERVAL.fullmatch(word)]
    symbols = [word for word in words if not _INTERVAL.fullmatch(word)]
    if not symbols or not intervals:
        raise typer.BadParameter("Name symbols and intervals, at least one of each, as in: binance '*/USDT' 1m 1h")
    return symbols, intervals


def _added(api: Api, asked: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = api.ask(_ADD, **asked)["addPairs"]
    return found


def _foreseen(api: Api, wanted: dict[str, Any], intervals: Sequence[str]) -> dict[str, dict[str, Any]]:
    """By interval; nothing is changed."""
    with progress_console().status("Asking …"):
        return {one: _added(api, {**wanted, "intervals": [one], "isDry": True})["estimate"] for one in intervals}


def _show(foreseen: dict[str, dict[str, Any]]) -> None:
    rows = [_row(interval, estimate) for interval, estimate in foreseen.items()]
    if rows[1:]:
        rows.append(_row("all", _total(list(foreseen.values()))))
    show_table(("Interval", "Pairs", "New", "Candles", "Requests", "Time"), rows)
    symbols = next(iter(foreseen.values()))["symbols"]
    more = f" and {len(symbols) - _NAMED:,} more" if symbols[_NAMED:] else ""
    say(f"Symbols: {', '.join(symbols[:_NAMED])}{more}")


def _total(estimates: list[dict[str, Any]]) -> dict[str, Any]:
    summed = {
        name: sum(one[name] for one in estimates) for name in ("pairs", "newPairs", "slots", "requests", "seconds")
    }
    return {**summed, "isUpperBound": any(one["isUpperBound"] for one in estimates)}


def _row(interval: str, estimate: dict[str, Any]) -> list[str]:
    most = "up to " if estimate["isUpperBound"] else ""
    return [
        interval,
        f"{estimate['pairs']:,}",
        f"{estimate['newPairs']:,}",
        f"{most}{estimate['slots']:,}",
        f"{most}{estimate['requests']:,}",
        f"{most}{lasting(estimate['seconds'])}",
    ]


def _confirm(*, is_given: bool) -> None:
    """Raises CommandError where nobody can be asked, or the answer is no."""
    if is_given:
        return
    if not sys.stdin.isatty():
        raise CommandError("Nothing was added: --yes begins without asking, --dry-run only tells what it would take.")
    if not typer.confirm("Begin?", err=True):
        raise CommandError("Nothing was added.")
