"""Cycles among what the tests hold."""

import gc


def test_cycles_are_collected_and_what_was_loaded_is_not_looked_through() -> None:
    """Else looking takes longer than most tests."""
    assert gc.isenabled()
    assert gc.get_freeze_count() > 10_000
