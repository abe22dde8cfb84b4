"""What tells one page of candles from another."""

from typing import Final

from typing_extensions import override

from domain.storage.rendering import PageQuery, Rendering

# Slots of a page that PostgreSQL writes in about the time that a statement takes besides.
_FEW_SLOTS: Final = 500


class PageKey:
    """What a page shows, and the version of the series. Its hash takes long, and is worked out once."""

    __slots__ = ("_hash", "query", "rendering")

    def __init__(self, query: PageQuery, rendering: Rendering) -> None:
        self.query, self.rendering = query, rendering
        self._hash = hash((query, rendering))

    @property
    def is_worked_out(self) -> bool:
        """Whether PostgreSQL has to read much more for it than the page holds."""
        view = self.rendering.view
        return view.is_resampled or view.is_filled or self.rendering.asks_total

    @property
    def is_small(self) -> bool:
        """Whether it takes PostgreSQL less than a statement does besides, so that a page alone is a waste of those."""
        if self.is_worked_out:
            return False
        slots = (self.query.end - self.query.start) // self.rendering.view.step.length
        return min(slots, self.query.limit) <= _FEW_SLOTS

    @override
    def __str__(self) -> str:
        return repr((self.query, self.rendering))

    @override
    def __hash__(self) -> int:
        return self._hash

    @override
    def __eq__(self, other: object) -> bool:
        return isinstance(other, PageKey) and (self.query, self.rendering) == (other.query, other.rendering)
