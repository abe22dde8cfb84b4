"""Asking the API as any client does."""

import json
from dataclasses import dataclass
from typing import Any

import httpx


@dataclass(frozen=True, slots=True)
class Client:
    """GraphQL over HTTP."""

    http: httpx.AsyncClient

    async def answer(self, query: str, **variables: Any) -> dict[str, Any]:
        """The whole answer, errors and all."""
        # Not httpx's own JSON: it cannot send half of a surrogate pair.
        body = json.dumps({"query": query, "variables": variables})
        response = await self.http.post("/graphql", content=body, headers={"Content-Type": "application/json"})
        found: dict[str, Any] = response.json()
        return found

    async def data(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data of an answer without errors."""
        answer = await self.answer(query, **variables)
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data

    async def error(self, query: str, **variables: Any) -> dict[str, Any]:
        """The only error of an answer, with its code beside its message."""
        [error] = (await self.answer(query, **variables))["errors"]
        return {**error, "code": error["extensions"]["code"]}
