"""How the tests are spread over processes."""

from pathlib import Path

import pytest

from tests.spread import LONGEST_FIRST, TAKE_TURNS, unit

_ROOT = Path(__file__).parent.parent


def test_a_file_stays_together_and_needs_to_do_nothing_for_it() -> None:
    """Each of its tests is of its unit; those of others are not."""
    assert unit("tests/new/test_new.py::test_one") == unit("tests/new/test_new.py::test_two[a::b]")
    assert unit("tests/new/test_new.py::test_one") != unit("tests/new/test_other.py::test_one")


def test_rooms_that_need_the_machine_take_turns() -> None:
    """They are one unit."""
    assert len({unit(f"{room}test_any.py::test_one") for room in TAKE_TURNS}) == 1


@pytest.mark.parametrize("path", [*TAKE_TURNS, *LONGEST_FIRST[1:]])
def test_what_is_named_is_there(path: str) -> None:
    """Else it would come late without anybody knowing."""
    assert (_ROOT / path).exists()
