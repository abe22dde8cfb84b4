"""Arguments that several fields take, said once."""

from datetime import datetime
from typing import Annotated, TypeAlias

import strawberry

from domain.interval import Interval


def _described(text: str, name: str | None = None) -> object:
    return strawberry.argument(description=text, name=name)


NodeId: TypeAlias = Annotated[strawberry.ID, _described("An id that was once given out.", "id")]

First: TypeAlias = Annotated[int | None, _described("How many, at most 1000; null counts as absent.")]
After: TypeAlias = Annotated[str | None, _described("Goes on behind this cursor, an endCursor of an earlier page.")]

ExchangeName: TypeAlias = Annotated[str, _described("Name of the exchange in this installation, for example binance.")]
Symbol: TypeAlias = Annotated[str, _described("Unified CCXT symbol, for example BTC/USDT.")]
IntervalGiven: TypeAlias = Annotated[Interval, _described("Interval of the candles.")]
IntervalOr: TypeAlias = Annotated[Interval | None, _described("Interval of the candles; the pair's own when left out.")]

From: TypeAlias = Annotated[datetime | None, _described("Candles that open at this instant or later.", "from")]
To: TypeAlias = Annotated[datetime | None, _described("Candles that open before this instant.", "to")]
FirstCandles: TypeAlias = Annotated[int | None, _described("How many from `from` on, at most a page (10,000).")]
AfterCandle: TypeAlias = Annotated[str | None, _described("Only candles behind this cursor.")]
LastCandles: TypeAlias = Annotated[int | None, _described("How many back from `to`, at most a page (10,000).")]
BeforeCandle: TypeAlias = Annotated[str | None, _described("Only candles ahead of this cursor.")]
Limit: TypeAlias = Annotated[
    int | None,
    _described("How many: the first ones where `from` is given, else the latest. At most a page (10,000)."),
]
Slots: TypeAlias = Annotated[
    int | None,
    _described(
        "How many: the first ones where `from` is given, else the latest. At most a page (10,000), and 50,000 candles "
        "of all exchanges together."
    ),
]
