"""`candelabra quality`: whether candles are plausible."""

import math
from typing import Any, Final

from api.cli.address import address
from api.cli.client import connected
from api.cli.options import DEFAULT_URL, AnyExchange, AnyInterval, AnySymbol, AsJson, End, Key, Start, Url
from api.cli.pair_names import PairNames, names_of
from api.cli.terminal import counting, say, show_json, show_table

_PAIRS: Final = """
query($first: Int!, $after: String, $filter: PairFilter) {
  pairs(first: $first, after: $after, filter: $filter) {
    nodes { exchange { name } symbol interval }
    pageInfo { hasNextPage endCursor }
    totalCount
  }
}
"""
_QUALITY: Final = """
query($exchange: String!, $symbol: String!, $interval: Interval!, $from: DateTime, $to: DateTime) {
  pair(exchange: $exchange, symbol: $symbol, interval: $interval) {
    quality(from: $from, to: $to) {
      checked { from to } score candleCount finerInterval coarserInterval otherExchanges findingCount
      findings { kind severity range { from to } slots what }
    }
  }
}
"""


def quality(
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
    """Scores the latest candles of each pair; of a single one it tells what looks wrong."""
    within = {"from": start, "to": end}
    wanted = PairNames(exchange, symbol, interval)
    with connected(address(url, key)) as api:
        named = [names_of(pair) for pair in wanted.pairs(api, _PAIRS)]
        checks = []
        with counting("Checked") as seen:
            # One at a time: each reads some ten thousand candles, and is paid for.
            for names in named:
                checks.append({**names, **api.ask(_QUALITY, **names, **within)["pair"]["quality"]})
                seen(len(checks), len(named))
    if as_json:
        show_json(checks)
    elif checks:
        _show(checks)
    else:
        say(wanted.missed)


def _show(checks: list[dict[str, Any]]) -> None:
    columns = ("Exchange", "Symbol", "Interval", "Score", "Candles", "Findings", "Compared with")
    show_table(columns, map(_row, checks))
    if not checks[1:] and checks[0]["findings"]:
        say("")
        show_table(("Severity", "From", "To", "What"), map(_finding, checks[0]["findings"]))


def _row(check: dict[str, Any]) -> list[str]:
    others = [check["finerInterval"], check["coarserInterval"], *check["otherExchanges"]]
    return [
        check["exchange"],
        check["symbol"],
        check["interval"],
        _score(check["score"]),
        f"{check['candleCount']:,}",
        f"{check['findingCount']:,}",
        ", ".join(filter(None, others)) or "-",
    ]


def _finding(found: dict[str, Any]) -> list[str]:
    return [found["severity"], found["range"]["from"], found["range"]["to"], found["what"]]


def _score(score: float | None) -> str:
    """Rounded down: 99.999 is not without a finding."""
    return "-" if score is None else f"{math.floor(score * 100) / 100:.2f}"
