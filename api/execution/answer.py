"""What is sent of a result, whatever it is sent over."""

import json
from typing import Any

import orjson
from graphql import ExecutionResult

from api.context import Context
from api.errors import present


def encode(data: object) -> bytes:
    try:
        return orjson.dumps(data)
    except TypeError:
        # Half of a surrogate pair in a text, or a number past 64 bits: slower, but it can.
        return json.dumps(data, separators=(",", ":")).encode()


def answer_to(result: ExecutionResult, context: Context, *, hides_schema: bool) -> dict[str, Any]:
    """Without `data` where the operation never began."""
    answer: dict[str, Any] = {}
    errors = result.errors and present(result.errors, context.request_id, hides_schema=hides_schema)
    if errors:
        answer["errors"] = [error.formatted for error in errors]
    if result.data is not None or any(error.path for error in errors or ()):
        answer["data"] = result.data
    if context.cost is not None:
        answer["extensions"] = {"cost": context.cost}
    return answer
