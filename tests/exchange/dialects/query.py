"""What every dialect reads from a request, each under names of its own."""

from collections.abc import Callable, Mapping
from typing import Final

from domain.clock import milliseconds
from domain.interval import Interval, interval
from ops.sandbox.series import MarketData, Symbol, closing_ms

EVERYTHING: Final = 1 << 40  # a limit that no series reaches


def timeframes(wire: str) -> dict[str, Interval]:
    """Intervals by their names on the wire, from text such as '60:1m 3600:1h 1d'."""
    pairs = (entry.rpartition(":") for entry in wire.split())
    return {name or text: interval(text) for name, _, text in pairs}


def find(market: MarketData, identifier: str | None, naming: Callable[[Symbol], str]) -> Symbol | None:
    return next((symbol for symbol in market.symbols() if naming(symbol) == identifier), None)


def integer(query: Mapping[str, str], key: str) -> int | None:
    """None also where the text is no number, which exchanges tend to ignore."""
    text = query.get(key, "")
    return int(text) if text.removeprefix("-").isdecimal() else None


def seconds(query: Mapping[str, str], key: str) -> int | None:
    """A time that the wire gives in seconds, in milliseconds."""
    value = integer(query, key)
    return None if value is None else value * 1_000


def is_forming(market: MarketData, opens_ms: int, length: Interval) -> bool:
    return closing_ms(opens_ms, length) > milliseconds(market.now())
