"""Text in files that may be compressed."""

from collections.abc import Mapping
from io import TextIOWrapper
from pathlib import Path
from typing import Final, TextIO

# By the end of a file's name, in the words of pyarrow.
COMPRESSIONS: Final[Mapping[str, str]] = {".gz": "gzip", ".zst": "zstd"}


def opened_text(path: Path) -> TextIO:
    """UTF-8 with its line ends as they are. Raises OSError, also while reading, for a file that was cut off."""
    compression = COMPRESSIONS.get(path.suffix.lower())
    if compression is None:
        return path.open(encoding="utf-8-sig", newline="")
    # Of the libraries at hand the one that notices the missing end of either format.
    import pyarrow as pa  # noqa: PLC0415  # most files need none

    return TextIOWrapper(pa.input_stream(path, compression=compression), encoding="utf-8-sig", newline="")
