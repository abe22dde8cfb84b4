"""What tests run in."""

import asyncio
import gc

import uvloop


async def test_tests_run_in_the_loop_of_our_programs() -> None:
    """It is not Python's own, which behaves differently where connections break."""
    assert isinstance(asyncio.get_running_loop(), uvloop.Loop)


def test_cycles_are_collected_and_what_was_loaded_is_not_looked_through() -> None:
    """Else a collection takes longer than most tests."""
    assert gc.isenabled()
    assert gc.get_freeze_count() > 100_000
