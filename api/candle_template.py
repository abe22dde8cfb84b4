"""A candle's selected fields as a template that PostgreSQL fills in."""

from collections.abc import Iterator
from typing import Final

from api.selection import TYPENAME, Selection
from domain.storage.template import CandleValue, Template

_VALUES: Final = {
    "id": ('"', CandleValue.CANDLE_ID, '"'),
    "timestamp": ('"', CandleValue.TIMESTAMP, 'Z"'),
    "open": ('"', CandleValue.OPEN, '"'),
    "high": ('"', CandleValue.HIGH, '"'),
    "low": ('"', CandleValue.LOW, '"'),
    "close": ('"', CandleValue.CLOSE, '"'),
    "volume": ('"', CandleValue.VOLUME, '"'),
    "isComplete": (CandleValue.IS_COMPLETE,),
    "isFilled": (CandleValue.IS_FILLED,),
    "cursor": ('"', CandleValue.CURSOR, '"'),
}


def candle_template(selection: Selection) -> Template:
    """One candle, or one edge around it, as a JSON object."""
    return Template.of(_parts(selection))


def _parts(selection: Selection) -> Iterator[str | CandleValue]:
    before = "{"
    for field in selection:
        yield f'{before}"{field.key}":'
        before = ","
        if field.name == TYPENAME:
            yield f'"{selection.type.name}"'
        else:
            yield from _parts(field.below) if field.name == "node" else _VALUES[field.name]
    yield "{}" if before == "{" else "}"
