"""Where an export goes."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

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
        with path.open("ab" if is_added else "xb") as file:
            sink = File(file)
            try:
                yield sink
            finally:
                file.flush()
                # A page that was interrupted is taken back.
                os.truncate(path, sink.complete)
    except FileExistsError:
        raise CommandError(f"{path} is there already; --append adds to it.") from None
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}.") from error
