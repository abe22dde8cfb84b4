"""Where an export goes."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final, Protocol, cast

from api.cli.errors import CommandError

# Bytes at the end of a file, among which its last whole line must be.
_LONGEST_END: Final = 64 << 10


class Sink(Protocol):
    def write(self, data: bytes) -> None: ...

    def keep(self) -> None:
        """What is written so far stays, whatever happens to the rest."""


class Stdout:
    def write(self, data: bytes) -> None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()

    def keep(self) -> None:
        """Nothing of it can be taken back."""


class File:
    """`kept` is the length, in bytes, of what stays."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.kept = file.tell()

    def write(self, data: bytes) -> None:
        self._file.write(data)

    def keep(self) -> None:
        self._file.flush()
        self.kept = self._file.tell()


@contextmanager
def opened(path: Path | None, *, is_added: bool) -> Iterator[Sink]:
    """Raises CommandError where the file cannot be written, or is there and not to be added to."""
    if path is None:
        yield Stdout()
        return
    try:
        with _opened_file(path, "ab" if is_added else "xb") as file:
            yield file
    except FileExistsError:
        raise CommandError(f"{path} is there already; --append goes on where it ends.") from None
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}.") from error


def last_line(path: Path) -> bytes:
    """Of a file that is there: its last whole line; what is behind it is cut off. Empty where there is none.

    Raises CommandError where the file cannot be written.
    """
    try:
        with path.open("r+b") as file:
            start = max(0, file.seek(0, os.SEEK_END) - _LONGEST_END)
            file.seek(start)
            whole, newline, _ = file.read().rpartition(b"\n")
            file.truncate(start + len(whole + newline))
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}.") from error
    return whole.rpartition(b"\n")[2]


@contextmanager
def _opened_file(path: Path, mode: str) -> Iterator[File]:
    sink = None
    try:
        with path.open(mode) as file:
            sink = File(cast("IO[bytes]", file))
            yield sink
    except BaseException:
        if sink:
            _take_back(path, sink.kept)
        raise


def _take_back(path: Path, kept: int) -> None:
    """The rest, and a file of which nothing is kept, so that the command can be given again."""
    os.truncate(path, kept)
    if not kept:
        path.unlink()
