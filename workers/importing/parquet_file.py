"""Parquet as exports write it, or with decimals instead of their strings."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet

from workers.importing.errors import ImportRefusedError
from workers.importing.files import BATCH_ROWS, COLUMNS, Line, check_columns


def lines(path: Path) -> Iterator[list[Line]]:
    """Raises ImportRefusedError."""
    try:
        with pa.parquet.ParquetFile(path) as file:
            check_columns(file.schema_arrow.names)
            for field in file.schema_arrow:
                _check_type(field)
            number = 1
            for batch in file.iter_batches(BATCH_ROWS, columns=list(COLUMNS)):
                yield _rows(batch, number)
                number += batch.num_rows
    except pa.ArrowInvalid as error:
        raise ImportRefusedError(f"{path} is no usable Parquet file: {error}.") from error


def _check_type(field: pa.Field) -> None:
    if field.name != "timestamp":
        if not (pa.types.is_string(field.type) or pa.types.is_large_string(field.type) or _is_exact(field.type)):
            raise ImportRefusedError(
                f"{field.name} is of type {field.type}, which is not exact: write strings or decimals."
            )
    elif not (pa.types.is_int64(field.type) or (pa.types.is_timestamp(field.type) and field.type.tz)):
        raise ImportRefusedError(
            f"timestamp is of type {field.type}: write timestamps with their zone, or milliseconds as int64."
        )


def _is_exact(kind: pa.DataType) -> bool:
    return bool(pa.types.is_decimal(kind) or pa.types.is_integer(kind))


def _rows(batch: pa.RecordBatch, number: int) -> list[Line]:
    at = batch.column("timestamp")
    if pa.types.is_timestamp(at.type):
        at = at.cast(pa.timestamp("ms", tz="UTC")).cast(pa.int64())
    columns = [at, *(batch.column(name).cast(pa.string()) for name in COLUMNS[1:])]
    rows = zip(*(column.to_pylist() for column in columns), strict=True)
    return [(number + place, list(row)) for place, row in enumerate(rows)]
