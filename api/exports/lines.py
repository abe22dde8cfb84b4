"""Candles as lines of text, which PostgreSQL writes."""

from collections.abc import Iterator, Sequence
from typing import Final

from api.exports.request import FLAGS
from domain.storage.template import CandleValue, Template

_VALUES: Final = {
    "timestamp": CandleValue.TIMESTAMP,
    "open": CandleValue.OPEN,
    "high": CandleValue.HIGH,
    "low": CandleValue.LOW,
    "close": CandleValue.CLOSE,
    "volume": CandleValue.VOLUME,
    "isComplete": CandleValue.IS_COMPLETE,
    "isFilled": CandleValue.IS_FILLED,
}


def csv_line(fields: Sequence[str]) -> Template:
    """Nothing in it ever needs quotes."""
    return Template.of(_csv_parts(fields))


def _csv_parts(fields: Sequence[str]) -> Iterator[str | CandleValue]:
    comma = ""
    for field in fields:
        yield comma
        yield _VALUES[field]
        comma = "Z," if field == "timestamp" else ","
    yield "Z\n" if fields[-1] == "timestamp" else "\n"


def json_line(fields: Sequence[str]) -> Template:
    """An object as GraphQL has it: decimals are strings."""
    return Template.of(_json_parts(fields))


def _json_parts(fields: Sequence[str]) -> Iterator[str | CandleValue]:
    before = "{"
    for field in fields:
        quote = "" if field in FLAGS else '"'
        yield f'{before}"{field}":{quote}'
        yield _VALUES[field]
        yield f"Z{quote}" if field == "timestamp" else quote
        before = ","
    yield "}\n"
