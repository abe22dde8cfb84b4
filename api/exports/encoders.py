"""What becomes of stretches of text on their way out."""

from collections.abc import Sequence
from typing import Protocol


class Encoder(Protocol):
    """Bytes in three acts. Each may take as long as a stretch is long, so they belong into a thread."""

    def begin(self) -> bytes: ...
    def add(self, text: str) -> bytes: ...
    def end(self) -> bytes: ...


class Text:
    """Lines as they are, behind a header."""

    def __init__(self, header: str = "") -> None:
        self._header = header

    def begin(self) -> bytes:
        return self._header.encode()

    def add(self, text: str) -> bytes:
        return text.encode()

    def end(self) -> bytes:
        return b""


def csv(fields: Sequence[str]) -> Text:
    return Text(",".join(fields) + "\n")
