"""Files of candles, read some thousand rows at a time, each row with its line."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

from workers.importing.errors import ImportRefusedError
from workers.importing.packed import COMPRESSIONS

COLUMNS: Final = ("timestamp", "open", "high", "low", "close", "volume")

# Rows that are checked, and later committed, together.
BATCH_ROWS: Final = 5_000

Line: TypeAlias = tuple[int, list[Any]]
"""Where a row stands in its file, counted from 1 and a header among them, and the row as CCXT would hand it out."""


def batches(path: Path) -> Iterator[list[Line]]:
    """Raises ImportRefusedError where the file cannot be read, or is no table of candles."""
    read = next((read for ending, read in _READERS.items() if path.name.lower().endswith(ending)), None)
    if read is None:
        raise ImportRefusedError(f"{path} is none of {', '.join(_READERS)}.")
    try:
        yield from read(path)
    except OSError as error:
        raise ImportRefusedError(f"{path} cannot be read: {error.strerror or error}.") from error


def check_columns(found: Sequence[str]) -> None:
    """Raises ImportRefusedError. What is not known is not left out: it may say that a candle is made up."""
    if sorted(found) != sorted(COLUMNS):
        raise ImportRefusedError(
            f"The columns must be {','.join(COLUMNS)}, in any order; this file has {','.join(found)[:200]}."
        )


def _csv(path: Path) -> Iterator[list[Line]]:
    from workers.importing.csv_file import lines  # noqa: PLC0415  # one kind of file needs the library of that kind only

    return lines(path)


def _parquet(path: Path) -> Iterator[list[Line]]:
    from workers.importing.parquet_file import lines  # noqa: PLC0415  # likewise

    return lines(path)


_READERS: Final[Mapping[str, Callable[[Path], Iterator[list[Line]]]]] = {
    ".csv": _csv,
    **{f".csv{ending}": _csv for ending in COMPRESSIONS},
    ".parquet": _parquet,
}
