"""Bytes made smaller for clients that say they can read it."""

import zlib
from collections.abc import Callable, Mapping
from typing import Final, Protocol

import zstandard

from api.http.media import qualities

# What is quick enough to be no slower than PostgreSQL; more would save a tenth.
_GZIP_LEVEL: Final = 1
_ZSTD_LEVEL: Final = 1

_GZIP_WINDOW: Final = 31  # zlib's word for the largest window and gzip around it


class Compressor(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...
    def flush(self) -> bytes: ...


class Identity:
    def compress(self, data: bytes, /) -> bytes:
        return data

    def flush(self) -> bytes:
        return b""


COMPRESSORS: Final[Mapping[str, Callable[[], Compressor]]] = {
    "zstd": lambda: zstandard.ZstdCompressor(level=_ZSTD_LEVEL).compressobj(),
    "gzip": lambda: zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, _GZIP_WINDOW),
}


def preferred(header: str) -> str | None:
    """The best that an Accept-Encoding header allows, zstd of equals; None for nothing."""
    liked = dict(qualities(header))
    best = max(COMPRESSORS, key=lambda name: liked.get(name, 0.0))
    return best if liked.get(best, 0.0) > 0 else None
