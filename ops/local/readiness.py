"""Whether the API answers and everything that it needs does, too."""

from contextlib import suppress
from typing import Final

import httpx

from ops.local.fleet import Fleet
from ops.local.program import Child, wait_for

_READY_SECONDS: Final = 120  # the first start compiles every module
_ANSWER_SECONDS: Final = 2.0


def wait_until_ready(url: str, api: Child, fleet: Fleet) -> None:
    """Raises RunError with the end of a log when a program of the fleet ends, or it takes too long."""
    with httpx.Client(timeout=_ANSWER_SECONDS, trust_env=False) as client:

        def is_ready() -> bool:
            fleet.refuse_deaths()
            with suppress(httpx.HTTPError):
                return client.get(f"{url}/readyz").status_code == httpx.codes.OK
            return False

        wait_for(is_ready, api, seconds=_READY_SECONDS, pause=fleet.pause)
