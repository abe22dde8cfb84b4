"""A client of the API, as anyone could write it."""

from typing import Any, Final

import httpx

from tests.bench.errors import BenchError

_ANSWER_SECONDS: Final = 30.0


class GraphQL:
    def __init__(self, url: str) -> None:
        """`url` is that of the API, without /graphql."""
        self._client = httpx.Client(base_url=url, timeout=_ANSWER_SECONDS, trust_env=False)

    def ask(self, query: str, **variables: Any) -> Any:
        """The answer's data; raises BenchError where there are errors."""
        try:
            answer = self._client.post("/graphql", json={"query": query, "variables": variables})
            body = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise BenchError(f"The API did not answer {query}: {error!r}. Its log is in the bench's folder.") from error
        if body.get("errors"):
            raise BenchError(f"The API refused {query}: {body['errors'][0]['message']}")
        return body["data"]

    def is_ready(self) -> bool:
        try:
            return self._client.get("/readyz").status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False

    def close(self) -> None:
        self._client.close()
