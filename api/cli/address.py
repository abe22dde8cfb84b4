"""Where an installation is, and who asks."""

from dataclasses import dataclass
from typing import Final

from api.cli.errors import CommandError

_PATH: Final = "/graphql"


@dataclass(frozen=True, slots=True)
class Address:
    """`url` is that of GraphQL; `key` is empty where none is needed."""

    url: str
    key: str

    @property
    def socket_url(self) -> str:
        return self.url.replace("http", "ws", 1)

    def url_of(self, path: str) -> str:
        """Of something else that the same server has."""
        return self.url.removesuffix(_PATH) + path

    @property
    def credentials(self) -> dict[str, str]:
        """As headers of HTTP, and as what a WebSocket begins with."""
        return {"Authorization": f"Bearer {self.key}"} if self.key else {}


def address(url: str, key: str) -> Address:
    """Takes the installation's address with or without the path of GraphQL. Raises CommandError for anything else."""
    if not url.startswith(("http://", "https://")):
        raise CommandError(f"'{url}' is no address of an installation; one looks like http://127.0.0.1:3000.")
    return Address(url.rstrip("/").removesuffix(_PATH) + _PATH, key.strip())
