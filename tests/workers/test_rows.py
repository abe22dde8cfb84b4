"""No row is stored that cannot be true."""

from typing import Any

import pytest

from workers.rows import BadPageError, checked_rows

T0 = 1_700_000_040_000
GOOD = [T0, "1.50", "2", "1e-7", "1.75000000", "0"]


def test_good_rows_keep_every_digit() -> None:
    """Text goes in and the same text comes out."""
    assert checked_rows([GOOD, [T0 + 60_000, *GOOD[1:]]]) == [tuple(GOOD), (T0 + 60_000, *GOOD[1:])]


def test_a_candle_off_a_longer_grid_by_whole_minutes_is_kept() -> None:
    """Exchanges really send them after an outage."""
    assert checked_rows([[T0 + 7_200_000, *GOOD[1:]]])


def test_a_repeated_row_counts_once() -> None:
    """Overlapping answers of an exchange are no contradiction."""
    assert checked_rows([GOOD, GOOD]) == [tuple(GOOD)]


@pytest.mark.parametrize(
    "row",
    [
        None,
        "x",
        [],
        [T0],
        [None] * 6,
        [str(T0), *GOOD[1:]],
        [float(T0), *GOOD[1:]],
        [0, *GOOD[1:]],
        [-60_000, *GOOD[1:]],
        [T0 + 1_000, *GOOD[1:]],
        [T0, None, *GOOD[2:]],
        [T0, 1.5, *GOOD[2:]],
        [T0, "", *GOOD[2:]],
        [T0, "NaN", *GOOD[2:]],
        [T0, "Infinity", *GOOD[2:]],
        [T0, "-1", *GOOD[2:]],
        [T0, "1,5", *GOOD[2:]],
        [T0, "1 2", *GOOD[2:]],
        [T0, "1\t2", *GOOD[2:]],
        [T0, "1\n1 1 1 1 1", *GOOD[2:]],
        [T0, "\u0661", *GOOD[2:]],
        [T0, "1e9999", *GOOD[2:]],
        [*GOOD, "7"],
    ],
)
def test_one_bad_row_spoils_the_page(row: Any) -> None:
    """What is not a candle is refused before it comes near the database."""
    with pytest.raises(BadPageError):
        checked_rows([GOOD, row])


def test_two_different_candles_of_one_time_contradict_each_other() -> None:
    """Neither is believed."""
    with pytest.raises(BadPageError, match="two different candles"):
        checked_rows([GOOD, [T0, "1.60", *GOOD[2:]]])
