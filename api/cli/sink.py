"""Where an export goes."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol, cast

from api.cli.errors import CommandError


class Sink(Protocol):
    def write(self, text: str) -> None: ...


class Stdout:
    def write(self, text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()


class File:
    """`complete` is its length up to the end of the last page, in bytes."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.complete = file.tell()

    def write(self, text: str) -> None:
        self._file.write(text.encode())
        self._file.flush()
        self.complete = self._file.tell()


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
        raise CommandError(f"{path} is there already; --append adds to it.") from None
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}.") from error


@contextmanager
def _opened_file(path: Path, mode: str) -> Iterator[File]:
    sink = None
    try:
        with path.open(mode) as file:
            sink = File(cast("IO[bytes]", file))
            yield sink
    except BaseException:
        if sink:
            _take_back(path, sink.complete)
        raise


def _take_back(path: Path, complete: int) -> None:
    """A page that was interrupted, and a file without any, so that the command can be given again."""
    os.truncate(path, complete)
    if not complete:
        path.unlink()
