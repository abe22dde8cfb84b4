"""Cursors are opaque, and nothing else passes for one."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.cursors import cursor_key, cursor_time, key_cursor, time_cursor
from domain.errors import BadInputError


@given(st.datetimes(timezones=st.just(UTC), max_value=datetime(9999, 12, 31)))  # noqa: DTZ001  # of hypothesis' kind
def test_a_candles_cursor_stands_for_its_time(at: datetime) -> None:
    """To the microsecond."""
    assert cursor_time(time_cursor(at), "after") == at


@given(st.lists(st.text(alphabet=st.characters(exclude_categories=["Cs"]))))
def test_an_entitys_cursor_stands_for_its_key(key: list[str]) -> None:
    """Whatever the texts in it."""
    assert cursor_key(key_cursor(key), "after") == key


def test_no_cursor_is_no_time() -> None:
    """It was left out."""
    assert cursor_time(None, "after") is None


@given(st.text() | st.binary().map(lambda data: data.hex()))
def test_garbage_is_refused(text: str) -> None:
    """Or, where it happens to be well formed, taken as what it says; nothing else comes of it."""
    for read in (cursor_time, cursor_key):
        with suppress(BadInputError):
            read(text, "before")


def test_a_refusal_names_the_argument() -> None:
    """There are two of them."""
    for read in (cursor_time, cursor_key):
        with pytest.raises(BadInputError, match=r"^before "):
            read("x", "before")


@pytest.mark.parametrize("cursor", ["WzFd", "eyJhIjoxfQ==", "bnVsbA==", "AgAAAAAAAAAA", "AX______"])
def test_other_peoples_cursors_are_refused(cursor: str) -> None:
    """Lists of numbers, objects, null; another version, a time past all times."""
    with pytest.raises(BadInputError):
        cursor_key(cursor, "after")
    with pytest.raises(BadInputError):
        cursor_time(cursor, "after")
