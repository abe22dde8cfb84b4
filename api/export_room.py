"""How many exports a process has room for, so that they leave PostgreSQL to those who wait for an answer."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final

from domain.errors import OverloadedError

# Of the connections of a process exports use a fifth.
_CONNECTIONS_A_READER: Final = 5


class ExportRoom:
    """`reading` is held while PostgreSQL is read, and never while a client is: a slow one keeps no connection.

    `encoding` is one thread for all: each would keep memory of its own, and take the processor from others.
    """

    def __init__(self, most: int, pool_size: int) -> None:
        self._left = most
        self._most = most
        self.reading = asyncio.Semaphore(max(1, pool_size // _CONNECTIONS_A_READER))
        self.encoding = ThreadPoolExecutor(max_workers=1, thread_name_prefix="encoding")

    @contextmanager
    def place(self) -> Iterator[None]:
        """Raises OverloadedError."""
        if not self._left:
            raise OverloadedError(f"{self._most} exports are under way here, and there is no room for more; try later.")
        self._left -= 1
        try:
            yield
        finally:
            self._left += 1
