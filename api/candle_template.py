"""A candle's selected fields as a template that PostgreSQL fills in."""

from typing import Final

from api.selection import TYPENAME, Selection
from domain.storage import rendering

_VALUES: Final = {
    "id": f'"{rendering.CANDLE_ID}"',
    "timestamp": rendering.TIMESTAMP,
    "open": f'"{rendering.OPEN}"',
    "high": f'"{rendering.HIGH}"',
    "low": f'"{rendering.LOW}"',
    "close": f'"{rendering.CLOSE}"',
    "volume": f'"{rendering.VOLUME}"',
    "isComplete": rendering.IS_COMPLETE,
    "isFilled": rendering.IS_FILLED,
    "cursor": f'"{rendering.CURSOR}"',
}


def candle_template(selection: Selection) -> str:
    """One candle, or one edge around it, as a JSON object."""
    return "{" + ",".join(f'"{field.key}":{_value(field.name, selection, field.below)}' for field in selection) + "}"


def _value(name: str, selection: Selection, below: Selection) -> str:
    if name == TYPENAME:
        return f'"{selection.type.name}"'
    return candle_template(below) if name == "node" else _VALUES[name]
