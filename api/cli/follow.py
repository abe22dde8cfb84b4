"""Following a job over WebSocket until it has ended."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any, Final

from gql import Client, GraphQLRequest
from gql.transport.exceptions import TransportError, TransportQueryError
from gql.transport.websockets import WebsocketsTransport

from api.cli.address import Address
from api.cli.client import refuse
from api.cli.errors import UnreachableError
from api.cli.job import JOB_FIELDS, Job

_SUBSCRIPTION: Final = f"subscription($id: ID!) {{ syncJob(id: $id) {{ {JOB_FIELDS} }} }}"

# Seconds that an API may be away, as while it is started again.
_PATIENCE_SECONDS: Final = 30.0
_PAUSE_SECONDS: Final = 0.5


def follow(to: Address, job_id: str, told: Callable[[Job], None]) -> dict[str, Any]:
    """The job's node when it has ended; `told` hears of each change.

    Comes back when the connection is lost. Raises ApiError where the API refuses, UnreachableError where it stays away.
    """
    return asyncio.run(_follow(to, job_id, told))


async def _follow(to: Address, job_id: str, told: Callable[[Job], None]) -> dict[str, Any]:
    heard = time.monotonic()
    while time.monotonic() - heard < _PATIENCE_SECONDS:
        try:
            async with aclosing(_states(to, job_id)) as states:
                async for node in states:
                    heard = time.monotonic()
                    told(job := Job.of(node))
                    if not job.is_running:
                        return node
        except TransportQueryError as error:
            refuse(error)
        except (TransportError, TimeoutError):
            pass  # it comes back, or patience ends
        await asyncio.sleep(_PAUSE_SECONDS)
    raise UnreachableError(f"The API at {to.url} went away while the job ran.")


async def _states(to: Address, job_id: str) -> AsyncGenerator[dict[str, Any], None]:
    transport = WebsocketsTransport(
        url=to.socket_url,
        init_payload=to.credentials,
        subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL],
    )
    async with Client(transport=transport) as session:
        async for data in session.subscribe(GraphQLRequest(_SUBSCRIPTION, variable_values={"id": job_id})):
            yield data["syncJob"]
