"""What is known about how exchanges answer, by CCXT id. An exchange that is not listed gets the careful defaults."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, Final


class Absence(Enum):
    """What an answer without rows in the asked window says."""

    SKIPS_AHEAD = auto()
    """The exchange answers with the first candles after the window: nothing lies between."""

    EMPTY = auto()
    """The exchange answers about the window alone: an empty list may be an outage, or a time before the listing."""

    UNKNOWN = auto()
    """One of the two above."""

    NEWEST_ONLY = auto()
    """The exchange serves its newest rows whatever is asked: nothing older is to be had."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one exchange answers about candles.

    `page_limit` is in rows. `rows_at` is the path to the list of rows in the answer's JSON, with None for a key that
    depends on the symbol. `horizon` counts slots back from now, where older ones are refused. `unserved` are intervals
    that CCXT names but the exchange answers with something else. `sends_numbers` tells that prices are JSON numbers
    instead of strings. `rounds_start_up` tells that CCXT moves a start that is no multiple of the interval, as those of
    weeks and months, to the next multiple. `unknown_symbol` is a part of the answer about a symbol that is not
    listed, where CCXT makes a plain error of it. `options` keep CCXT to spot markets.
    """

    page_limit: int
    absence: Absence
    rows_at: tuple[str | None, ...] = ()
    horizon: int | None = None
    sends_numbers: bool = False
    rounds_start_up: bool = False
    unserved: frozenset[str] = frozenset()
    unknown_symbol: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


_SPOT: Final = {"fetchMarkets": {"types": ["spot"]}}

# Rows a request where nothing is known: small enough for every exchange that CCXT says nothing about.
CAREFUL_PAGE_LIMIT: Final = 100

DIALECTS: Final[Mapping[str, Dialect]] = {
    "binance": Dialect(1000, Absence.SKIPS_AHEAD, options=_SPOT),
    "kraken": Dialect(
        720, Absence.NEWEST_ONLY, ("result", None), unserved=frozenset({"2w"}), unknown_symbol="Unknown asset pair"
    ),
    "coinbase": Dialect(300, Absence.EMPTY, ("candles",), unknown_symbol='"NOT_FOUND"'),
    "bybit": Dialect(1000, Absence.SKIPS_AHEAD, ("result", "list"), rounds_start_up=True, options=_SPOT),
    "okx": Dialect(300, Absence.EMPTY, ("data",), options=_SPOT),
    "kucoin": Dialect(
        1500,
        Absence.EMPTY,
        ("data",),
        unknown_symbol='"900001"',
        options={"fetchMarkets": {"types": ["spot"], "fetchTickersFees": False}},
    ),
    "bitfinex": Dialect(10_000, Absence.SKIPS_AHEAD, sends_numbers=True),
    "gate": Dialect(1000, Absence.EMPTY, horizon=10_000, options=_SPOT),
    "mexc": Dialect(500, Absence.EMPTY, unserved=frozenset({"8h"})),
    "bitstamp": Dialect(
        1000, Absence.EMPTY, ("data", "ohlc"), unserved=frozenset({"1w"}), unknown_symbol="Pair not found"
    ),
    "bitget": Dialect(
        200, Absence.EMPTY, ("data",), unserved=frozenset({"2h"}), unknown_symbol='"40034"', options=_SPOT
    ),
    "htx": Dialect(
        1000,
        Absence.SKIPS_AHEAD,
        ("data",),
        sends_numbers=True,
        options={"fetchMarkets": {"types": {"spot": True, "linear": False, "inverse": False}}},
    ),
    "gemini": Dialect(1440, Absence.NEWEST_ONLY, sends_numbers=True),
    "cryptocom": Dialect(300, Absence.EMPTY, ("result", "data")),
    "coinbaseexchange": Dialect(300, Absence.EMPTY, sends_numbers=True, unknown_symbol="NotFound"),
}


def dialect_of(adapter: str, known_limit: int | None) -> Dialect:
    """The dialect of a CCXT id; `known_limit` is what CCXT says of its page size."""
    return DIALECTS.get(adapter) or Dialect(
        min(known_limit or CAREFUL_PAGE_LIMIT, 1000), Absence.UNKNOWN, sends_numbers=True
    )
