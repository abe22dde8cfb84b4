"""Which stored interval answers for an asked one."""

import pytest

from domain.errors import BadInputError
from domain.interval import interval
from domain.source_interval import source_interval


def source(asked: str, stored: str) -> str:
    return source_interval(interval(asked), [interval(text) for text in stored.split()]).text


@pytest.mark.parametrize(
    ("asked", "stored", "expected"),
    [
        ("1h", "1m 1h", "1h"),
        ("1h", "1m 5m 15m 4h", "15m"),
        ("4h", "1m 3h 1h", "1h"),
        ("1w", "1d 3d", "1d"),
        ("1w", "7d 12h", "12h"),
        ("1M", "1w 1d 4h", "1d"),
        ("3M", "1d 1M 1w", "1M"),
        ("1y", "1M 3M 1w", "3M"),
        ("60m", "1h 1m", "1h"),
    ],
)
def test_the_coarsest_stored_interval_that_divides_it(asked: str, stored: str, expected: str) -> None:
    """Itself where it is stored; never one whose slots cross its own."""
    assert source(asked, stored) == expected


@pytest.mark.parametrize(("asked", "stored"), [("1m", "5m 1h"), ("3d", "1w"), ("1M", "1w 3d"), ("90m", "1h")])
def test_what_no_stored_interval_divides_cannot_be_asked_for(asked: str, stored: str) -> None:
    """The message names what is stored."""
    with pytest.raises(BadInputError, match=f"^{asked} is not stored here.* stored: "):
        source(asked, stored)


def test_the_refusal_tells_what_can_be_asked_for() -> None:
    """Shortest first."""
    with pytest.raises(BadInputError, match=r"stored: 8h 1d; can be asked for: 8h 1d 3d 1w 1M\.$"):
        source("12h", "1d 8h")
