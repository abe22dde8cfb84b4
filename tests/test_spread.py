"""How the tests are spread over processes."""

from pathlib import Path

import pytest

from tests.spread import LONGEST_FIRST, STAY_TOGETHER, unit

_ROOT = Path(__file__).parent.parent


def test_a_file_stays_together_and_needs_to_do_nothing_for_it() -> None:
    """Each of its tests is of its unit; those of others are not."""
    assert unit("tests/new/test_new.py::test_one") == unit("tests/new/test_new.py::test_two[a::b]")
    assert unit("tests/new/test_new.py::test_one") != unit("tests/new/test_other.py::test_one")


@pytest.mark.parametrize("room", STAY_TOGETHER)
def test_a_room_that_shares_more_stays_together(room: str) -> None:
    """Whatever the file."""
    assert unit(f"{room}test_one.py::test_a") == unit(f"{room}test_two.py::test_b") == room


@pytest.mark.parametrize("path", LONGEST_FIRST)
def test_what_is_named_is_there(path: str) -> None:
    """Else it would come late without anybody knowing."""
    assert (_ROOT / path).exists()
