"""A candle's selected fields as a template that PostgreSQL fills in."""

from collections.abc import Iterator
from typing import Final

from api.execution.selection import TYPENAME, Selection
from domain.storage.template import CandleValue, Template

_TEXT: Final = ('"', '"')
_LITERAL: Final = ("", "")
_VALUES: Final = {
    "id": (CandleValue.CANDLE_ID, *_TEXT),
    "timestamp": (CandleValue.TIMESTAMP, '"', 'Z"'),
    "open": (CandleValue.OPEN, *_TEXT),
    "high": (CandleValue.HIGH, *_TEXT),
    "low": (CandleValue.LOW, *_TEXT),
    "close": (CandleValue.CLOSE, *_TEXT),
    "volume": (CandleValue.VOLUME, *_TEXT),
    "isComplete": (CandleValue.IS_COMPLETE, *_LITERAL),
    "isFilled": (CandleValue.IS_FILLED, *_LITERAL),
    "cursor": (CandleValue.CURSOR, *_TEXT),
}


def candle_template(selection: Selection) -> Template:
    """One candle, or one edge around it, as a JSON object."""
    return Template.of(_parts(selection))


def _parts(selection: Selection) -> Iterator[str | CandleValue]:
    yield "{"
    comma = ""
    for field in selection:
        key, comma = f'{comma}"{field.key}":', ","
        if field.name == TYPENAME:
            yield f'{key}"{selection.type.name}"'
        elif field.name == "node":
            yield key
            yield from _parts(field.below)
        else:
            value, before, after = _VALUES[field.name]
            yield key + before
            yield value
            yield after
    yield "}"
