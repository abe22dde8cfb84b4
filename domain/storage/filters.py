"""What rows must match. A text that PostgreSQL could not have kept matches nothing, instead of being an error."""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

# PostgreSQL holds neither NUL nor half of a surrogate pair, and its driver raises for them.
_NEVER_KEPT: Final = re.compile("[\0\ud800-\udfff]")


class Condition(NamedTuple):
    """SQL with {0}, {1} and so on where the values stand."""

    sql: str
    values: tuple[Any, ...] = ()


_NEVER: Final = Condition("FALSE")


def condition(sql: str, value: object) -> Condition:
    return _NEVER if isinstance(value, str) and not is_keepable(value) else Condition(sql, (value,))


def conditions(wanted: object, columns: Mapping[str, str]) -> tuple[Condition, ...]:
    """Equality for each wish that is not None, with the column that it is about."""
    found = {column: getattr(wanted, name) for name, column in columns.items()}
    return tuple(condition(f"{column} = {{0}}", value) for column, value in found.items() if value is not None)


def contains(columns: tuple[str, ...], part: str) -> Condition:
    """Whether a part occurs in any of the columns, in upper or lower case."""
    return condition(" OR ".join(f"strpos(upper({column}), upper({{0}})) > 0" for column in columns), part)


def is_keepable(text: str) -> bool:
    return not _NEVER_KEPT.search(text)
