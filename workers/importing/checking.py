"""Every row of a file is checked as an exchange's are, and besides stands in order, so that it is there once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from domain.candle import Row
from domain.clock import instant
from domain.interval import Interval
from domain.timerange import TimeRange
from workers.importing.errors import ImportRefusedError
from workers.importing.files import Line
from workers.rows import BadPageError, checked_rows


@dataclass(slots=True)
class Checker:
    """Of one file, from its beginning. `claim` is the range that it is said to be about; None for any."""

    step: Interval
    now: datetime
    claim: TimeRange | None
    last: int = 0  # open time of the row before, in milliseconds

    def check(self, batch: Sequence[Line]) -> list[Row]:
        """Raises ImportRefusedError with the line, and the batch is not to be used."""
        rows = self._rows(batch)
        for (line, _), row in zip(batch, rows, strict=True):
            if problem := self._problem(row):
                raise ImportRefusedError(f"Line {line}: {problem}")
            self.last = row[0]
        return rows

    def _rows(self, batch: Sequence[Line]) -> list[Row]:
        """The same rows: one that repeats another would be missing, and is looked for, too."""
        try:
            rows = checked_rows([raw for _, raw in batch])
        except BadPageError:
            rows = []
        if len(rows) == len(batch):
            return rows
        return [self._row(line, raw) for line, raw in batch]

    def _row(self, line: int, raw: list[Any]) -> Row:
        try:
            return checked_rows([raw])[0]
        except BadPageError as error:
            raise ImportRefusedError(f"Line {line}: {error}.") from error

    def _problem(self, row: Row) -> str:
        at = instant(row[0])
        if row[0] <= self.last:
            return f"{at:%Y-%m-%d %H:%M} does not come after the line before; sort the file by time, each once."
        if at >= self.now or self.step.next(at) > self.now:
            return f"the candle of {at:%Y-%m-%d %H:%M} has not closed yet."
        if self.claim and not self.claim.start <= at < self.claim.end:
            return f"{at:%Y-%m-%d %H:%M} lies outside of what the file is said to cover."
        opened, high, low, close = map(Decimal, row[1:5])
        return "" if low <= opened <= high and low <= close <= high else "low, open, close and high are out of order."
