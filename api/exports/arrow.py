"""Candles as Arrow and as Parquet, by lines of CSV, which Arrow reads faster than Python could hand it rows.

Prices and volumes are strings. A decimal type has one scale for a whole column, known before the first row: it would
pad what the exchange sent, and the first value with more digits would end the export. The zone is UTC.
"""

from collections.abc import Sequence
from typing import Any, Final

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from api.exports.request import FLAGS

# Characters of text in a row group of Parquet, which has to be there all at once: 80,000 candles. Its footer tells of
# each group, and takes 11 kB of memory for that until the end: 14 MB for 100 million candles.
_GROUP_SIZE: Final = 8_000_000


def _type(field: str) -> pa.DataType:
    if field == "timestamp":
        return pa.timestamp("ms", tz="UTC")
    return pa.bool_() if field in FLAGS else pa.string()


class Outbox:
    """A file whose bytes are taken away as they come."""

    closed = False

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._written = 0

    def write(self, part: Any) -> int:
        self._parts.append(bytes(part))
        self._written += len(part)
        return len(part)

    def tell(self) -> int:
        return self._written

    def flush(self) -> None:
        """There is nothing behind it."""

    def close(self) -> None:
        self.closed = True

    def readable(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def drain(self) -> bytes:
        taken = b"".join(self._parts)
        self._parts.clear()
        return taken


class _Tables:
    def __init__(self, fields: Sequence[str]) -> None:
        self.schema = pa.schema([pa.field(name, _type(name), nullable=False) for name in fields])
        self._reading = pa.csv.ReadOptions(column_names=list(fields), use_threads=False)
        self._types = pa.csv.ConvertOptions(column_types={name: _type(name) for name in fields})

    def of(self, text: str) -> pa.Table:
        if not text:
            return self.schema.empty_table()
        return pa.csv.read_csv(pa.BufferReader(text.encode()), self._reading, None, self._types).cast(self.schema)


class ArrowStream:
    """Arrow's IPC stream, a batch a stretch; `compression` of its buffers is a word of pyarrow."""

    def __init__(self, fields: Sequence[str], compression: str | None = None) -> None:
        self._tables = _Tables(fields)
        self._options = pa.ipc.IpcWriteOptions(compression=compression, use_threads=False)
        self._outbox = Outbox()
        self._writer: Any = None

    def begin(self) -> bytes:
        self._writer = pa.ipc.new_stream(self._outbox, self._tables.schema, options=self._options)
        return self._outbox.drain()

    def add(self, text: str) -> bytes:
        self._writer.write_table(self._tables.of(text).combine_chunks())
        return self._outbox.drain()

    def end(self) -> bytes:
        self._writer.close()
        return self._outbox.drain()


class _Group:
    """Candles that wait for the others of their row group, each stretch as a compressed Arrow stream of its own.

    As tables they would take several times as much, for each of the exports that are under way.
    """

    def __init__(self, fields: Sequence[str]) -> None:
        self.size = 0
        self._fields = fields
        self._streams: list[bytes] = []

    def add(self, text: str) -> None:
        stream = ArrowStream(self._fields, compression="zstd")
        self._streams.append(stream.begin() + stream.add(text) + stream.end())
        self.size += len(text)

    def table(self) -> pa.Table:
        return pa.concat_tables(pa.ipc.open_stream(stream).read_all() for stream in self._streams)


class Parquet:
    """Its footer comes last, so a file that broke off cannot be opened."""

    def __init__(self, fields: Sequence[str]) -> None:
        self._fields = fields
        self._group = _Group(fields)
        self._outbox = Outbox()
        self._writer: Any = None

    def begin(self) -> bytes:
        schema = _Tables(self._fields).schema
        self._writer = pa.parquet.ParquetWriter(self._outbox, schema, compression="zstd", use_dictionary=False)
        return self._outbox.drain()

    def add(self, text: str) -> bytes:
        self._group.add(text)
        if self._group.size >= _GROUP_SIZE:
            self._write()
        return self._outbox.drain()

    def end(self) -> bytes:
        if self._group.size:
            self._write()
        self._writer.close()
        return self._outbox.drain()

    def _write(self) -> None:
        self._writer.write_table(self._group.table())
        self._group = _Group(self._fields)
