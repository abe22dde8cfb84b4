"""`python -m api.probe`: status 0 when the API of this machine answers. Asked by whatever watches over the process."""

import sys
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import Final

from domain.settings import Settings, SettingsError, loopback_of

# Seconds: fewer than the five that a health check of a container has.
_PATIENCE_SECONDS: Final = 3


def main() -> int:
    try:
        return 0 if _answers(Settings.load()) else 1
    except (OSError, HTTPException, SettingsError) as error:
        print(f"The API does not answer: {error}", file=sys.stderr)
        return 1


def _answers(settings: Settings) -> bool:
    connection = HTTPConnection(loopback_of(settings.host), settings.port, timeout=_PATIENCE_SECONDS)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == HTTPStatus.OK
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())
