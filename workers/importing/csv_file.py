"""CSV as exports write it, compressed or not."""

import csv
import re
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final

from domain.clock import milliseconds
from workers.importing.errors import ImportRefusedError
from workers.importing.files import BATCH_ROWS, COLUMNS, Line, check_columns
from workers.importing.packed import opened_text

_MILLISECONDS: Final = re.compile(r"[0-9]{1,15}", re.ASCII)


def lines(path: Path) -> Iterator[list[Line]]:
    """Raises ImportRefusedError."""
    with opened_text(path) as file:
        reader = csv.reader(file, strict=True)
        try:
            header = next(reader, [])
            check_columns(header)
            order = [header.index(name) for name in COLUMNS]
            rows = (_line(reader.line_num, row, order) for row in reader)
            while batch := list(islice(rows, BATCH_ROWS)):
                yield batch
        except (csv.Error, UnicodeDecodeError) as error:
            raise ImportRefusedError(f"Line {reader.line_num + 1}: this is no CSV in UTF-8 ({error}).") from error


def _line(number: int, row: list[str], order: list[int]) -> Line:
    if len(row) != len(order):
        raise ImportRefusedError(f"Line {number}: there are {len(row)} values for {len(order)} columns.")
    at, *values = (row[place] for place in order)
    return number, [_time(number, at), *values]


def _time(number: int, text: str) -> Any:
    """In milliseconds."""
    if _MILLISECONDS.fullmatch(text):
        return int(text)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None or at.microsecond:
        raise ImportRefusedError(
            f"Line {number}: '{text[:40]}' is no instant; write 2024-03-01T00:00:00Z, with its zone, or milliseconds."
        )
    return milliseconds(at)
