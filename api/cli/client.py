"""Asking the API over HTTP."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, NoReturn, TypeAlias

from gql import Client, GraphQLRequest
from gql.client import SyncClientSession
from gql.transport.exceptions import (
    TransportConnectionFailed,
    TransportError,
    TransportQueryError,
    TransportServerError,
)
from gql.transport.httpx import HTTPXTransport

from api.cli.address import Address
from api.cli.errors import ApiError, CommandError, UnreachableError
from api.cli.terminal import Seen

# Seconds: longer than the API itself waits for its database.
_ANSWER_SECONDS: Final = 60.0

# Seconds that a client over its limit is ready to wait before it asks again.
_LONGEST_WAIT_SECONDS: Final = 90.0

# Nodes of a list in one answer.
_PAGE_SIZE: Final = 200

PageOf: TypeAlias = Callable[[dict[str, Any]], dict[str, Any]]


class Api:
    """The API of one installation, for the time of one command."""

    def __init__(self, session: SyncClientSession, url: str) -> None:
        self._session = session
        self._url = url

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data of an answer without errors; waits where the API asks for it.

        Raises ApiError with the first error's words, UnreachableError where none answers.
        """
        request = GraphQLRequest(query, variable_values=variables)
        while True:
            try:
                return self._ask(request)
            except ApiError as error:
                if error.retry_after is None or error.retry_after > _LONGEST_WAIT_SECONDS:
                    raise
                time.sleep(error.retry_after)

    def nodes(self, query: str, page_of: PageOf, seen: Seen, **variables: Any) -> list[dict[str, Any]]:
        """All nodes of the connection in the query's answers; `seen` is told how many there are so far, and in all."""
        found: list[dict[str, Any]] = []
        after = None
        while True:
            page = page_of(self.ask(query, first=_PAGE_SIZE, after=after, **variables))
            found += page["nodes"]
            seen(len(found), page["totalCount"])
            if not page["pageInfo"]["hasNextPage"]:
                return found
            after = page["pageInfo"]["endCursor"]

    def _ask(self, request: GraphQLRequest) -> dict[str, Any]:
        try:
            found: dict[str, Any] = self._session.execute(request)
        except TransportQueryError as error:
            refuse(error)
        except TransportConnectionFailed as error:
            raise UnreachableError(
                f"No Candelabra answers at {self._url}: {str(error) or 'the connection was lost'}. "
                "`make run` starts one; --url or CANDELABRA_URL names another."
            ) from error
        except TransportError as error:
            raise CommandError(_foreign(self._url, error)) from error
        return found


@contextmanager
def connected(to: Address) -> Iterator[Api]:
    transport = HTTPXTransport(url=to.url, headers=to.credentials, timeout=_ANSWER_SECONDS)
    with Client(transport=transport) as session:
        yield Api(session, to.url)


def refuse(error: TransportQueryError) -> NoReturn:
    """Raises ApiError for what the API answered."""
    raise refusal((error.errors or [{}])[0], str(error)) from error


def refusal(told: dict[str, Any], otherwise: str = "The API refused.") -> ApiError:
    """An error of an answer as one of ours."""
    extensions = told.get("extensions") or {}
    return ApiError(told.get("message") or otherwise, extensions.get("code", ""), extensions.get("retryAfter"))


def _foreign(url: str, error: Exception) -> str:
    status = f" (HTTP status {error.code})" if isinstance(error, TransportServerError) else ""
    return f"What answers at {url} does not speak GraphQL{status}; --url names the address of a Candelabra."
