"""Where the API of a run is reached."""

import errno
import socket
from dataclasses import dataclass
from typing import Final

from domain.settings import Settings, loopback_of
from ops.local.errors import RunError

_CONNECT_SECONDS: Final = 1.0


@dataclass(frozen=True)
class Address:
    host: str
    port: int

    @property
    def url(self) -> str:
        """As this machine reaches it."""
        host = loopback_of(self.host)
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"


def free_address(settings: Settings) -> Address:
    """HOST and PORT, with a free port for PORT=0; raises RunError if nothing can listen there."""
    host, port = settings.host, settings.port
    try:
        family, kind, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        with socket.socket(family, kind) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(place)
            port = listener.getsockname()[1]
    except OSError as error:
        raise RunError(_reason(error, host, port)) from None
    address = Address(host, port)
    if settings.port and _answers(address):
        raise RunError(_taken(host, port))
    return address


def free_port() -> int:
    """A port of the loopback address that was free a moment ago."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _answers(address: Address) -> bool:
    """Whether another program listens beside ours: on macOS one can, on the wildcard address."""
    try:
        socket.create_connection((loopback_of(address.host), address.port), timeout=_CONNECT_SECONDS).close()
    except OSError:
        return False
    return True


def _reason(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return _taken(host, port)
    if error.errno == errno.EACCES:
        return f"PORT={port} is kept for root on this machine. Choose one above 1023, for example PORT=3000."
    return f"HOST={host} is not an address of this machine ({error.strerror}). HOST=127.0.0.1 always is."


def _taken(host: str, port: int) -> str:
    return f"Port {port} of {host} is taken by another program. Stop that, or choose another: make run PORT={port + 1}"
