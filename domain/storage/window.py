"""Which part of a series a piece of SQL reads."""

from dataclasses import dataclass

from domain.interval import Interval
from domain.storage import grid


@dataclass(frozen=True, slots=True)
class Window:
    """SQL expressions: a series, the half-open range [start, end), most rows wanted, and the clock.

    The range need not lie on any grid and may be infinite at either end. Columns must be qualified, and with other
    names than `c` and `p`, which the pieces of SQL around them use.
    """

    series: str
    start: str
    end: str
    limit: str
    now: str

    def asked(self, step: Interval) -> str:
        """One row, none for a pair that is gone.

        `first_open` and `end_open` are the range's ends on the grid: a slot opens in the range where it opens in
        [first_open, end_open). `known` is what is covered of the time that has passed.
        """
        return f"""
            SELECT
                p.series, {self.start} AS range_start, {self.end} AS range_end, ({self.limit})::bigint AS row_limit,
                {grid.ceil(step, self.start)} AS first_open, {grid.ceil(step, self.end)} AS end_open,
                p.covered * tstzmultirange(tstzrange(NULL, {self.now})) AS known
            FROM coin_exchanges AS p
            WHERE p.series = {self.series}
        """
