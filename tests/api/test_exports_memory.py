"""What a process that exports needs in memory, however much it exports."""

import asyncio
from pathlib import Path
from typing import Final

import httpx
import psutil

from domain.settings import Settings
from tests.api.process import Process, environment, serving
from tests.api.test_exports import MARKET, PATH, many

_FORMATS: Final = ("parquet", "arrow", "ndjson", "csv")  # what the first one loads stays
_CANDLES: Final = 400_000  # 50 MB of CSV
_PRICE: Final = "1." + "0" * 20

# More than anything that has to be there all at once, of which the most is a row group of Parquet.
_FEW_CANDLES: Final = 80_000

_MOST_EXPORTS: Final = 8

_MOST: Final = 200  # MB of 10^6 bytes
_MOST_AT_ONCE: Final = 240  # MB; each further export has pages and a row group of its own
_MOST_GROWTH: Final = 12  # MB


async def test_long_exports_take_no_more_memory_than_short_ones(settings: Settings, tmp_path: Path) -> None:
    """In every format, and less than 200 MB in a process that has served them all; many at once take a little more."""
    await many("SOL/USDT", _CANDLES, _PRICE)
    with serving(environment(settings), tmp_path / "log") as process:
        short = {ending: await most(process, ending, _FEW_CANDLES) for ending in _FORMATS}
        long = {ending: await most(process, ending, _CANDLES) for ending in _FORMATS}
        at_once = await asyncio.gather(*(most(process, "parquet", 2 * _FEW_CANDLES) for _ in range(_MOST_EXPORTS)))

    assert max(long.values()) < _MOST
    assert max(at_once) < _MOST_AT_ONCE
    assert [ending for ending in _FORMATS if long[ending] - short[ending] > _MOST_GROWTH] == []


async def most(process: Process, ending: str, candles: int) -> float:
    """MB that the process has at any time while it exports."""
    memory, found = psutil.Process(process.program.pid), list[float]()
    asked = {**MARKET, "symbol": "SOL/USDT", "first": str(candles)}
    async with (
        httpx.AsyncClient(base_url=process.url, headers={"Accept-Encoding": "identity"}) as client,
        client.stream("GET", f"{PATH}.{ending}", params=asked) as answer,
    ):
        assert answer.status_code == 200
        async for _ in answer.aiter_raw():
            found.append(memory.memory_info().rss / 1e6)
    return max(found)
