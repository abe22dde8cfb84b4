"""What an export is asked for, and what is left of that once a part of it has arrived."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Wanted:
    """`most` is how many candles, None for all there are."""

    arguments: dict[str, str]
    most: int | None

    @classmethod
    def of(cls, given: Mapping[str, str | int | None], *, first: int | None, last: int | None) -> Self:
        """None is absent."""
        present = {**given, "first": first, "last": last}
        arguments = {name: str(value) for name, value in present.items() if value is not None}
        return cls(arguments, last if first is None else first)

    def behind(self, then: str, count: int) -> "Wanted":
        """The rest, once `count` candles have arrived and the next opens at `then` or later.

        The newest are counted from there on, too: others may have come meanwhile.
        """
        rest = {name: text for name, text in self.arguments.items() if name != "last"} | {"from": then}
        left = None if self.most is None else self.most - count
        return Wanted(rest | ({} if left is None else {"first": str(left)}), left)

    def of_all(self, total: int) -> int | None:
        """How many of the candles of its range it is about; None where cursors leave that open."""
        if self.arguments.keys() & {"after", "before"}:
            return self.most
        return total if self.most is None else min(self.most, total)
