"""The sockets that the API listens on, which outlive a process: the next one gets them from the one that has them.

Two processes then accept from one line, and the older can end without any connection getting lost that waits in it.
"""

import array
import asyncio
import errno
import os
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

from domain.settings import Settings, SettingsError

# Sockets: one for each address of HOST.
_MOST: Final = 16
_DESCRIPTOR_BYTES: Final = array.array("i").itemsize

# Seconds that the process which has them may take to hand them over.
_PATIENCE_SECONDS: Final = 5.0


def open_sockets(settings: Settings) -> list[socket.socket]:
    """Of HOST and PORT, shared with the process that has them where it is of the same DATA_DIR.

    Raises SettingsError where nothing can listen there.
    """
    try:
        return _bound(settings)
    except OSError as error:
        if error.errno == errno.EADDRINUSE and (shared := _shared(_meeting_place(settings))):
            return shared
        raise SettingsError(_reason(error, settings)) from error


def _bound(settings: Settings) -> list[socket.socket]:
    found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    sockets: list[socket.socket] = []
    try:
        for family, kind, protocol, _, place in dict.fromkeys(found):
            sockets.append(one := socket.socket(family, kind, protocol))
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            one.bind(place)
    except OSError:
        for one in sockets:
            one.close()
        raise
    return sockets


def _shared(place: Path) -> list[socket.socket]:
    """Those that another process hands over; none where nobody does."""
    with socket.socket(socket.AF_UNIX) as wire, suppress(OSError):
        wire.settimeout(_PATIENCE_SECONDS)
        wire.connect(str(place))
        _, descriptors, _, _ = socket.recv_fds(wire, 1, _MOST)
        return [socket.socket(fileno=descriptor) for descriptor in descriptors]
    return []


@asynccontextmanager
async def handing_over(settings: Settings, sockets: Sequence[socket.socket]) -> AsyncIterator[None]:
    """Gives the sockets to whoever starts on the same address and DATA_DIR while the block runs."""
    place = _meeting_place(settings)
    with socket.socket(socket.AF_UNIX) as door:
        if not (settings.port and _opened(door, place)):
            yield
            return
        mark = place.stat().st_ino
        handing = asyncio.create_task(_hand_over(door, sockets))
        try:
            yield
        finally:
            handing.cancel()
            await asyncio.wait({handing})
            with suppress(OSError):
                if place.stat().st_ino == mark:  # else it is the next one's
                    place.unlink()


def _opened(door: socket.socket, place: Path) -> bool:
    """Whether there is a file system to meet on; where there is none, as in a container, nobody could come either."""
    own = place.with_name(f"{place.name}.{os.getpid()}")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        own.unlink(missing_ok=True)
        door.bind(str(own))
        own.chmod(0o600)
        door.listen()
        own.rename(place)
    except OSError:
        return False
    door.setblocking(False)
    return True


async def _hand_over(door: socket.socket, sockets: Sequence[socket.socket]) -> None:
    while True:
        wire, _ = await asyncio.get_running_loop().sock_accept(door)
        with wire, suppress(OSError):
            socket.send_fds(wire, [b"\n"], [one.fileno() for one in sockets])


def _meeting_place(settings: Settings) -> Path:
    return settings.data_dir / f"api-{settings.host}-{settings.port}.socket"


def _reason(error: OSError, settings: Settings) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"PORT={settings.port} of HOST={settings.host} is taken by another program; stop that, or choose another."
        )
    return f"Nothing can listen on PORT={settings.port} of HOST={settings.host}: {error.strerror}."
