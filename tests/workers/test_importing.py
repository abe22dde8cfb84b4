"""Candles from files."""

import asyncio
import gzip
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet
import pytest
import zstandard

from domain.candle import Candle
from domain.database import connection
from domain.interval import Interval, interval
from domain.records import Pair
from domain.seed import seed
from domain.settings import Settings
from domain.storage import ledger, provenance, views
from domain.storage.candles import Written
from domain.storage.provenance import Origin
from domain.timerange import TimeRange
from domain.view import View
from tests import factories
from tests.api.process import ROOT, environment
from tests.factories import START, minutes
from workers.importing.claims import covers
from workers.importing.errors import ImportRefusedError
from workers.importing.file_import import FileImport
from workers.importing.files import BATCH_ROWS, COLUMNS
from workers.importing.progress import progress
from workers.importing.summary import foreseen, told

NOW: Final = datetime(2024, 6, 1, tzinfo=UTC)
HEADER: Final = "timestamp,open,high,low,close,volume\n"
PRICES: Final = "1.50,2.0,0.00000100,1.7500,12345678901234567890.123456789"


@pytest.fixture
async def settings(settings: Settings) -> Settings:
    """With the timeframes that every start makes exist."""
    await seed(settings, decides=True)
    return settings


@pytest.fixture
async def pair(settings: Settings) -> Pair:
    return await factories.pair()


def written(folder: Path, *lines: str, header: str = HEADER) -> Path:
    path = folder / "candles.csv"
    path.write_text(header + "".join(f"{line}\n" for line in lines))
    return path


def at(minute: int) -> str:
    return f"{START + minutes(minute):%Y-%m-%dT%H:%M:%SZ}"


async def stored(path: Path, pair: Pair, claimed: TimeRange | None = None) -> Written:
    importing = FileImport(path, pair, claimed, NOW)
    importing.check(lambda _: None)
    return await importing.store(lambda _: None)


async def kept(pair: Pair) -> Sequence[Candle]:
    step = Interval.parse(pair.timeframe.interval)
    always = TimeRange(START - timedelta(days=999), NOW)
    async with connection() as db:
        return await views.read(db, pair.series, View(step, step), always, 100_000, is_newest=False, now=NOW)


async def covered(pair: Pair) -> list[TimeRange]:
    return (await ledger.of(pair.id)).covered


async def test_candles_are_stored_with_every_digit(pair: Pair, tmp_path: Path) -> None:
    """The columns may come in any order, instants with any zone or in milliseconds."""
    header = "volume,timestamp,open,high,low,close\n"
    in_ms = int((START + minutes(1)).timestamp()) * 1_000
    path = written(tmp_path, f"5,{at(0)},1.50,2.0,0.00000100,1.7500", f"6,{in_ms},1,1,1,1", header=header)

    assert await stored(path, pair) == Written(2, 0)

    first, second = await kept(pair)
    assert (first.timestamp, second.timestamp) == (START, START + minutes(1))
    assert (first.open, first.high, first.low, first.close) == ("1.50", "2.0", "0.00000100", "1.7500")
    assert (first.volume, second.volume) == ("5", "6")


async def test_a_candle_covers_its_own_slot_and_a_hole_stays_a_gap(pair: Pair, tmp_path: Path) -> None:
    """A file does not say whether nobody traded or somebody lost it; the next REPAIR asks the exchange."""
    await stored(written(tmp_path, *(f"{at(minute)},{PRICES}" for minute in (0, 1, 5))), pair)

    assert await covered(pair) == [
        TimeRange(START, START + minutes(2)),
        TimeRange(START + minutes(5), START + minutes(6)),
    ]


async def test_who_knows_can_say_that_a_range_is_whole(pair: Pair, tmp_path: Path) -> None:
    """Then slots without a candle are known to be empty, before the first and behind the last one, too."""
    claimed = TimeRange(START, START + minutes(2 * BATCH_ROWS))
    lines = [f"{at(minute)},{PRICES}" for minute in range(2, BATCH_ROWS + 10) if minute % 7]

    await stored(written(tmp_path, *lines), pair, claimed)

    assert await covered(pair) == [claimed]
    assert len(await kept(pair)) == len(lines)


async def test_the_same_file_again_changes_nothing(pair: Pair, tmp_path: Path) -> None:
    """And one that differs corrects what is stored; what was covered stays covered."""
    await factories.cover(pair, TimeRange(START - minutes(60), START + minutes(1)))
    assert await stored(written(tmp_path, *(f"{at(minute)},{PRICES}" for minute in range(3))), pair) == Written(3, 0)
    assert await stored(written(tmp_path, *(f"{at(minute)},{PRICES}" for minute in range(3))), pair) == Written(0, 0)
    assert await stored(written(tmp_path, f"{at(1)},1,1,1,1,1"), pair) == Written(0, 1)

    assert await covered(pair) == [TimeRange(START - minutes(60), START + minutes(3))]
    assert [candle.volume for candle in await kept(pair)] == [PRICES.split(",")[-1], "1", PRICES.split(",")[-1]]


async def test_an_import_that_was_cut_off_goes_on_with_the_same_file(pair: Pair, tmp_path: Path) -> None:
    """What was stored until then is covered, and nothing else."""
    file = written(tmp_path, *(f"{at(minute)},{PRICES}" for minute in range(2 * BATCH_ROWS)))

    def cut_off(_: int) -> None:
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await FileImport(file, pair, None, NOW).store(cut_off)
    assert len(await kept(pair)) == BATCH_ROWS
    assert await covered(pair) == [TimeRange(START, START + minutes(BATCH_ROWS))]

    assert await stored(file, pair) == Written(BATCH_ROWS, 0)
    assert await covered(pair) == [TimeRange(START, START + minutes(2 * BATCH_ROWS))]


async def test_a_longer_interval_may_be_off_its_grid_by_whole_minutes(settings: Settings, tmp_path: Path) -> None:
    """As exchanges really have them; its slot is covered."""
    four_hours = await factories.pair(step="4h")

    await stored(written(tmp_path, f"{at(120)},{PRICES}"), four_hours)

    assert await covered(four_hours) == [TimeRange(START, START + minutes(240))]


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ([f"{at(1)},1,1,1,1"], "Line 3: there are 5 values for 6 columns."),
        ([f"{at(1)},1,1,1,1,1,1"], "Line 3: there are 7 values for 6 columns."),
        ([f"yesterday,{PRICES}"], "Line 3: 'yesterday' is no instant"),
        ([f"2024-03-01T00:01:00,{PRICES}"], "with its zone"),
        ([f"2024-03-01T00:01:07Z,{PRICES}"], "Line 3: a candle opens at 1709251267000 ms, which is off the minute."),
        ([f"1709220000,{PRICES}"], "Line 3: 1970-01-20 18:47 does not come after the line before"),
        ([f"{at(1)},1,1,1,,1"], "Line 3: a price or volume is missing, negative or no number."),
        ([f"{at(1)},1,1,1,NaN,1"], "Line 3: a price or volume is missing, negative or no number."),
        ([f"{at(1)},1,1,1,1,-1"], "Line 3: a price or volume is missing, negative or no number."),
        ([f"{at(1)},1,1,1,2,1"], "Line 3: low, open, close and high are out of order."),
        ([f"{at(1)},1,2,1.5,2,1"], "Line 3: low, open, close and high are out of order."),
        ([f"{at(1)},{PRICES}", f"{at(1)},{PRICES}"], "Line 4: 2024-03-01 00:01 does not come after the line before"),
        ([f"{at(2)},{PRICES}", f"{at(1)},{PRICES}"], "Line 4: 2024-03-01 00:01 does not come after the line before"),
        ([f"2024-06-01T00:00:00Z,{PRICES}"], "Line 3: the candle of 2024-06-01 00:00 has not closed yet."),
        ([f"9999-12-31T23:59:00Z,{PRICES}"], "has not closed yet."),
        ([f'{at(1)},"{PRICES}'], "this is no CSV"),
    ],
)
async def test_a_bad_line_is_named_and_nothing_of_its_file_stored(
    pair: Pair, tmp_path: Path, lines: list[str], problem: str
) -> None:
    """However good the lines before it are: all of a file is checked first."""
    with pytest.raises(ImportRefusedError) as refused:
        await stored(written(tmp_path, f"{at(0)},{PRICES}", *lines), pair)

    assert problem in str(refused.value)
    assert await kept(pair) == []


async def test_a_bad_line_is_found_far_into_a_file(pair: Pair, tmp_path: Path) -> None:
    """By its number in the file, whatever the size of the batches."""
    lines = [f"{at(minute)},{PRICES}" for minute in range(BATCH_ROWS + 500)]
    lines[BATCH_ROWS + 122] = f"{at(BATCH_ROWS + 122)},0,0,0,1,0"

    with pytest.raises(ImportRefusedError, match=rf"Line {BATCH_ROWS + 124}: low, open"):
        await stored(written(tmp_path, *lines), pair)
    assert await kept(pair) == []


@pytest.mark.parametrize(
    ("header", "problem"),
    [
        ("", "The columns must be"),
        ("timestamp,open,high,low,close\n", "The columns must be"),
        ("timestamp,open,high,low,close,volume,isFilled\n", "The columns must be"),
        (HEADER, "has no candles"),
    ],
)
async def test_what_is_no_table_of_candles_is_refused(pair: Pair, tmp_path: Path, header: str, problem: str) -> None:
    """Other columns, too: an export with filled slots would store candles that never were."""
    with pytest.raises(ImportRefusedError, match=problem):
        await stored(written(tmp_path, header=header), pair)


async def test_files_that_are_not_there_or_something_else_are_refused(pair: Pair, tmp_path: Path) -> None:
    """In sentences."""
    for name, content, problem in (
        ("candles.csv", None, "No such file"),
        ("candles.xlsx", b"", "none of .csv, .csv.gz, .csv.zst, .parquet"),
        ("candles.gz", b"", "none of"),
        ("other.csv.gz", HEADER.encode(), "cannot be read"),
        ("other.csv.zst", HEADER.encode(), "cannot be read"),
        ("latin.csv", HEADER.encode() + b"\xe9\n", "no CSV in UTF-8"),
        ("broken.parquet", b"PAR1 and no more", "no usable Parquet"),
    ):
        if content is not None:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(ImportRefusedError, match=problem):
            await stored(tmp_path / name, pair)


PACKERS: Final = {".gz": gzip.compress, ".zst": zstandard.ZstdCompressor().compress}


@pytest.mark.parametrize("ending", PACKERS)
async def test_a_compressed_file_is_read_as_it_is(pair: Pair, tmp_path: Path, ending: str) -> None:
    """Also one that was put together of several; one that lacks its end is not taken for a shorter one."""
    content = written(tmp_path, *(f"{at(minute)},{PRICES}" for minute in range(BATCH_ROWS + 5))).read_bytes()
    pack, path = PACKERS[ending], tmp_path / f"candles.2024.CSV{ending}"
    path.write_bytes((pack(content[:1_000]) + pack(content[1_000:]))[:-3])
    with pytest.raises(ImportRefusedError, match="cannot be read: Truncated"):
        await stored(path, pair, TimeRange(START, START + minutes(9_999)))
    assert await kept(pair) == []

    path.write_bytes(pack(content[:1_000]) + pack(content[1_000:]))
    assert await stored(path, pair) == Written(BATCH_ROWS + 5, 0)


async def test_a_candle_outside_of_what_the_file_covers_is_refused(pair: Pair, tmp_path: Path) -> None:
    """One of the two is a mistake."""
    path = written(tmp_path, f"{at(5)},{PRICES}")
    with pytest.raises(ImportRefusedError, match="outside of what the file is said to cover"):
        await stored(path, pair, TimeRange(START, START + minutes(5)))


async def test_too_many_holes_are_not_remembered_one_by_one(pair: Pair, tmp_path: Path) -> None:
    """Each page of the pair would have to read and write them; the way out is named."""
    path = written(tmp_path, *(f"{at(2 * minute)},1,1,1,1,1" for minute in range(10_001)))

    with pytest.raises(ImportRefusedError, match="--covers"):
        await stored(path, pair)
    assert (await stored(path, pair, TimeRange(START, START + minutes(20_001)))).added == 10_001


def parquet(folder: Path, **columns: pa.Array) -> Path:
    text = pa.array(["1.50", "1.50"])
    times = pa.array([START, START + minutes(1)], pa.timestamp("us", tz="UTC"))
    usual: dict[str, Any] = {**dict.fromkeys(COLUMNS, text), "timestamp": times}
    pa.parquet.write_table(pa.table({**usual, **columns}), folder / "candles.parquet")
    return folder / "candles.parquet"


@pytest.mark.parametrize(
    "prices",
    [pa.array(["1.50", "1.50"], pa.large_string()), pa.array([Decimal("1.50")] * 2, pa.decimal128(38, 2))],
    ids=["strings", "decimals"],
)
async def test_parquet_has_strings_or_decimals(pair: Pair, tmp_path: Path, prices: pa.Array) -> None:
    """And instants with a zone, or milliseconds."""
    assert await stored(parquet(tmp_path, open=prices), pair) == Written(2, 0)
    in_ms = pa.array([int(START.timestamp()) * 1_000 + 60_000 * minute for minute in (0, 1)])
    assert await stored(parquet(tmp_path, timestamp=in_ms), pair) == Written(0, 0)
    assert [candle.open for candle in await kept(pair)] == ["1.50", "1.50"]


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        ({"close": pa.array([1.5, 1.5])}, "close is of type double, which is not exact"),
        ({"timestamp": pa.array([START.replace(tzinfo=None)] * 2)}, "with their zone"),
        ({"timestamp": pa.array([START, START + timedelta(microseconds=7)])}, "no usable Parquet"),
        ({"open": pa.array(["1.50", None])}, "Line 2: a price or volume is missing, negative or no number"),
        ({"low": pa.array(["1.50", "1.51"])}, "Line 2: low, open, close and high are out of order"),
    ],
)
async def test_parquet_that_is_not_exact_is_refused(
    pair: Pair, tmp_path: Path, columns: dict[str, pa.Array], problem: str
) -> None:
    """Prices are never floats."""
    with pytest.raises(ImportRefusedError, match=problem):
        await stored(parquet(tmp_path, **columns), pair)
    assert await kept(pair) == []


async def command(settings: Settings, *words: str) -> tuple[int, str, str]:
    """`candelabra import` as a person gives it."""
    program = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "api.cli", "import", *words),
        env=environment(settings),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await program.communicate()
    return program.returncode or 0, out.decode().strip(), err.decode().strip()


async def test_the_command_stores_a_file_and_says_what_it_did(settings: Settings, pair: Pair, tmp_path: Path) -> None:
    """Its words go to the program that may write, wherever the command is given."""
    path = str(written(tmp_path, *(f"{at(minute)},{PRICES}" for minute in range(3))))
    market = ("--exchange", "binance", "--symbol", "BTC/USDT", "--interval", "1m")
    span = "3 candles from 2024-03-01 00:00 to 2024-03-01 00:02 UTC."

    ended = await command(settings, path, *market, "--covers", "2024-03-01..2024-03-02")

    status, out, err = ended
    assert (status, err) == (0, "")
    assert out.splitlines() == [
        f"candles.csv is stored in binance BTC/USDT 1m: {span}",
        "3 new, 0 corrected, 0 as they were.",
        "Everything from 2024-03-01 00:00 to 2024-03-02 00:00 UTC counts as covered.",
    ]
    assert await covered(pair) == [TimeRange(START, START + timedelta(days=1))]


async def test_what_a_file_leaves_open_is_said(pair: Pair, tmp_path: Path) -> None:
    """Of holes nobody knows whether they are whole; a file that is only checked changes nothing."""
    importing = FileImport(written(tmp_path, *(f"{at(minute)},{PRICES}" for minute in (0, 1, 5, 9))), pair, None, NOW)
    contents = importing.check(lambda _: None)

    assert foreseen(importing, contents) == (
        "candles.csv can be stored: 4 candles from 2024-03-01 00:00 to 2024-03-01 00:09 UTC.\n"
        "2 holes between them: what is not covered yet stays a gap, which the next REPAIR asks for."
    )
    assert await kept(pair) == []
    last = told(importing, contents, Written(3, 1)).splitlines()[1]
    assert last == "3 new, 1 corrected, 0 as they were."


def test_without_a_terminal_a_line_now_and_then_tells_how_far_it_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On stderr, so that what is written to a log can be looked at."""
    seen = progress("checked")
    seen(5_000)
    monkeypatch.setattr("workers.importing.progress.LINE_SECONDS", 0.0)
    seen(1_010_000)
    assert capsys.readouterr() == ("", "1,010,000 checked\n")


async def test_the_command_says_what_is_wrong_and_fails(settings: Settings, tmp_path: Path) -> None:
    """Here, what would make it right."""
    path = str(written(tmp_path, f"{at(0)},{PRICES}"))

    ended, out, err = await command(
        settings, path, "--exchange", "binance", "--symbol", "BTC/USDT", "--interval", "1m", "--dry-run"
    )

    assert (ended, out) == (1, "")
    assert err.startswith("There is no pair binance BTC/USDT 1m; the mutation addPairs makes it")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("2024", "two instants"),
        ("2024-01-01..soon", "two instants"),
        ("2024-01-01..2190-01-01", "in the future"),
        ("2024-03-01T00:10..2024-03-01T00:50", "no whole slot of 1h"),
        ("2024-03-02..2024-03-01", "no whole slot of 1h"),
    ],
)
def test_what_is_no_range_that_has_passed_is_refused(text: str, problem: str) -> None:
    """Before the file is looked at."""
    with pytest.raises(ImportRefusedError, match=problem):
        covers(text, interval("1h"), NOW)


def test_only_whole_slots_are_claimed() -> None:
    """Of which the candle has opened and closed inside of the range."""
    claimed = covers("2024-03-01T00:10..2024-03-01T05:50:00+01:00", interval("1h"), NOW)
    assert claimed == TimeRange(START + minutes(60), START + minutes(240))


async def test_an_import_is_the_source_of_what_it_covers(pair: Pair, tmp_path: Path) -> None:
    """Each one by itself."""
    await stored(written(tmp_path, f"{at(0)},{PRICES}", f"{at(1)},{PRICES}"), pair)
    await stored(written(tmp_path, f"{at(2)},{PRICES}"), pair)

    found = await provenance.of(pair.id, TimeRange(START, NOW))

    assert [each.range for each in found] == [
        TimeRange(START, START + minutes(2)),
        TimeRange(START + minutes(2), START + minutes(3)),
    ]
    assert [each.source and each.source.origin for each in found] == [Origin.IMPORT, Origin.IMPORT]
