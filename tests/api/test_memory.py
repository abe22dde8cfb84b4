"""What the process keeps of memory that nobody uses any more."""

import psutil

from api.memory import give_back

# A page of candles takes as much; every fortieth stays, and keeps those around it from being given back.
_BLOCK = 100_000
_COUNT = 1_000


async def test_memory_that_was_freed_in_pieces_is_given_back() -> None:
    """Also what a circle of objects holds."""
    process = psutil.Process()
    blocks = [bytearray(b"x") * _BLOCK for _ in range(_COUNT)]
    circle: list[object] = [blocks[1::4]]
    circle.append(circle)
    kept = blocks[::40]
    full = process.memory_info().rss
    del blocks, circle

    await give_back()

    assert full - process.memory_info().rss > _BLOCK * _COUNT * 0.9
    assert len(kept) == _COUNT / 40
