"""What stands behind the question mark of a path."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Self

from starlette.datastructures import QueryParams

from domain.errors import BadInputError

_MOST_DIGITS: Final = 15  # of a whole number, so that any sum of two is a number of PostgreSQL's


@dataclass(frozen=True, slots=True)
class Parameters:
    """By name; one without a value counts as absent."""

    given: dict[str, str]

    @classmethod
    def of(cls, query: QueryParams, names: Collection[str]) -> Self:
        """BadInputError for a name that is not among `names`, or that comes twice."""
        given = dict[str, str]()
        for name, value in query.multi_items():
            if name not in names:
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
        """A number that is not negative. Raises BadInputError."""
        value = self.given.get(name)
        if value is None:
            return None
        if not (value.isascii() and value.isdigit() and len(value) <= _MOST_DIGITS):
            raise BadInputError(f"{name} is a whole number and not negative.")
        return int(value)
