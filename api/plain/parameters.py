"""What stands behind the question mark of a path."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Self

from starlette.datastructures import QueryParams

from domain.errors import BadInputError

# With no more digits than PostgreSQL's numbers have room for, whatever is added to them.
_WHOLE: Final = re.compile(r"-?[0-9]{1,15}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Parameters:
    """By name; one without a value counts as absent."""

    given: dict[str, str]

    @classmethod
    def of(cls, query: QueryParams, names: Collection[str] | None = None) -> Self:
        """BadInputError for a name that is not among `names`, where they are given, or that comes twice."""
        given = dict[str, str]()
        for name, value in query.multi_items():
            if names is not None and name not in names:
                raise BadInputError(f"There is a parameter that means nothing here; there are: {', '.join(names)}.")
            if name in given:
                raise BadInputError(f"{name} is given twice.")
            given[name] = value
        return cls({name: value for name, value in given.items() if value})

    def text(self, name: str) -> str | None:
        return self.given.get(name)

    def required(self, name: str) -> str:
        """Raises BadInputError."""
        value = self.given.get(name)
        if value is None:
            raise BadInputError(f"{name} is missing.")
        return value

    def whole(self, name: str) -> int | None:
        """Raises BadInputError."""
        value = self.given.get(name)
        if value is not None and not _WHOLE.fullmatch(value):
            raise BadInputError(f"{name} is no whole number.")
        return None if value is None else int(value)
