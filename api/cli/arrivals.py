"""What arrives of an export, as far as it may be kept."""

import json
from datetime import datetime, timedelta
from typing import Protocol

from api.cli.export_format import ExportFormat


class Arrivals(Protocol):
    """`count` is how much has arrived, and `then` where to go on behind it; None where that cannot be said."""

    @property
    def count(self) -> int: ...

    @property
    def then(self) -> str | None: ...

    @property
    def can_go_on(self) -> bool:
        """Whether another answer may follow one that broke off."""

    def begin(self) -> None:
        """A new answer."""

    def take(self, piece: bytes) -> bytes:
        """What of a piece is to be kept."""


class Lines:
    """Whole lines only, and one header; counted in candles."""

    def __init__(self, kind: ExportFormat, *, has_header: bool) -> None:
        self._kind = kind
        self._has_header = has_header
        self._is_begun = False
        self._part = b""
        self._last = b""
        self._count = 0

    @property
    def count(self) -> int:
        return self._count

    @property
    def can_go_on(self) -> bool:
        return True

    @property
    def then(self) -> str | None:
        return behind(self._last, self._kind)

    def begin(self) -> None:
        self._part = b""
        self._is_begun = False

    def take(self, piece: bytes) -> bytes:
        whole, newline, self._part = (self._part + piece).rpartition(b"\n")
        if not newline:
            return b""
        lines = (whole + newline).splitlines(keepends=True)
        header = self._header(lines)
        self._count += len(lines)
        self._last = lines[-1] if lines else self._last
        return header + b"".join(lines)

    def _header(self, lines: list[bytes]) -> bytes:
        """Taken from the first lines of an answer; kept once."""
        if self._is_begun or self._kind is not ExportFormat.CSV:
            return b""
        self._is_begun = True
        header, is_kept = lines.pop(0), not self._has_header
        self._has_header = True
        return header if is_kept else b""


class Whole:
    """All of it or nothing; counted in kilobytes."""

    def __init__(self) -> None:
        self._bytes = 0

    @property
    def then(self) -> None:
        return None

    @property
    def can_go_on(self) -> bool:
        return not self._bytes

    @property
    def count(self) -> int:
        return self._bytes >> 10

    def begin(self) -> None:
        """It is the only answer."""

    def take(self, piece: bytes) -> bytes:
        self._bytes += len(piece)
        return piece


def behind(line: bytes, kind: ExportFormat) -> str | None:
    """The first instant behind a candle's open time; None for a line without a candle."""
    try:
        text = line.split(b",")[0].decode() if kind is ExportFormat.CSV else json.loads(line)["timestamp"]
        opened = datetime.fromisoformat(text)
    except ValueError:
        return None
    # No interval is shorter than a second, so nothing is skipped and nothing comes twice.
    return (opened + timedelta(seconds=1)).isoformat().replace("+00:00", "Z")
