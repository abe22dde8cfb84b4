"""What an export may be written as."""

from enum import StrEnum
from pathlib import Path


class ExportFormat(StrEnum):
    """Also the ending of a path of the API."""

    CSV = "csv"
    NDJSON = "ndjson"
    ARROW = "arrow"
    PARQUET = "parquet"

    @property
    def is_lines(self) -> bool:
        """Whether it is text, a candle a line, which can be gone on with wherever a line ends."""
        return self in {ExportFormat.CSV, ExportFormat.NDJSON}


def usual_format(path: Path | None) -> ExportFormat:
    """By the ending of a file's name; CSV where that says nothing."""
    ending = path.suffix.lower().removeprefix(".") if path else ""
    return ExportFormat(ending) if ending in set(ExportFormat) else ExportFormat.CSV
