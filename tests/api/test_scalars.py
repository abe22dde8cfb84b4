"""Instants, intervals and numbers as clients write them."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.types.scalars import SCALARS, BigInt, DecimalText, UnixTime, format_instant, parse_instant
from domain.errors import BadInputError


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (datetime(2024, 3, 1, tzinfo=UTC), "2024-03-01T00:00:00Z"),
        (datetime(2024, 3, 1, 0, 0, 0, 500_000, tzinfo=UTC), "2024-03-01T00:00:00.5Z"),
        (datetime(2024, 3, 1, 0, 0, 0, 1, tzinfo=UTC), "2024-03-01T00:00:00.000001Z"),
        (datetime(2024, 3, 1, 1, tzinfo=timezone(timedelta(hours=1))), "2024-03-01T00:00:00Z"),
    ],
)
def test_instants_have_no_more_digits_than_they_need(at: datetime, text: str) -> None:
    """In UTC, with a Z."""
    assert format_instant(at) == text


@pytest.mark.parametrize(
    "text",
    [
        "2024-03-01T00:00:00Z",
        "2024-03-01T05:45:00+05:45",
        "2024-02-29T19:00:00-05:00",
        "2024-03-01T00:00",
        "2024-03-01",
    ],
)
def test_instants_are_understood_with_any_offset(text: str) -> None:
    """And without one as UTC."""
    assert parse_instant(text) == datetime(2024, 3, 1, tzinfo=UTC)


@given(st.datetimes(timezones=st.just(UTC)))
def test_instants_survive_being_written_and_read(at: datetime) -> None:
    """To the microsecond."""
    assert parse_instant(format_instant(at)) == at


@given(st.text() | st.integers() | st.floats() | st.none() | st.binary())
def test_whatever_is_no_instant_is_refused(value: object) -> None:
    """Nothing but a refusal comes of it."""
    with suppress(BadInputError):
        assert parse_instant(value).tzinfo is UTC


@pytest.mark.parametrize(("scalar", "wrong"), [(DecimalText, 1.5), (UnixTime, "1"), (UnixTime, True), (BigInt, 1.0)])
def test_values_of_another_kind_are_refused(scalar: object, wrong: object) -> None:
    """A float is no exact number, a truth no count."""
    parse = SCALARS[scalar].parse_value
    assert parse
    with pytest.raises(BadInputError):
        parse(wrong)


@pytest.mark.parametrize(("scalar", "value"), [(DecimalText, "0.10"), (UnixTime, 5), (BigInt, 2**70)])
def test_values_are_taken_as_they_are(scalar: object, value: object) -> None:
    """Digit for digit."""
    parse = SCALARS[scalar].parse_value
    assert parse
    assert parse(value) == value
