"""What rows must match. A text that PostgreSQL could not have kept matches nothing, instead of being an error."""

import re
from collections.abc import Mapping
from typing import Any, Final, TypeVar

from tortoise import Model
from tortoise.fields.relational import RelationalField
from tortoise.queryset import QuerySet

Row = TypeVar("Row", bound=Model)

# PostgreSQL holds neither NUL nor half of a surrogate pair, and its driver raises for them.
_NEVER_KEPT: Final = re.compile("[\0\ud800-\udfff]")


def wishes(wanted: object, columns: Mapping[str, str]) -> dict[str, Any]:
    """The wishes that are not None, by the columns that they are about, as Tortoise names them."""
    found = {column: getattr(wanted, name) for name, column in columns.items()}
    return {column: value for column, value in found.items() if value is not None}


def matching(rows: QuerySet[Row], conditions: Mapping[str, Any]) -> QuerySet[Row]:
    texts = {column: value for column, value in conditions.items() if isinstance(value, str)}
    if all(_fits(rows.model, column, text) for column, text in texts.items()):
        return rows.filter(**conditions)
    return rows.filter(id__in=[])


def is_keepable(text: str) -> bool:
    return not _NEVER_KEPT.search(text)


def _fits(model: type[Model], column: str, text: str) -> bool:
    longest = _longest(model, column.split("__"))
    return is_keepable(text) and (longest is None or len(text) <= longest)


def _longest(model: type[Model], path: list[str]) -> int | None:
    """Characters that a column holds, found by its path through related models."""
    field = model._meta.fields_map[path[0]]  # noqa: SLF001  # Tortoise's own place for it
    if isinstance(field, RelationalField):
        return _longest(field.related_model, path[1:])
    return getattr(field, "max_length", None)
