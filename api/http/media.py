"""Which of the two media types of GraphQL over HTTP an answer takes."""

from functools import lru_cache
from typing import Final

PLAIN_JSON: Final = "application/json; charset=utf-8"
RESPONSE_JSON: Final = "application/graphql-response+json; charset=utf-8"

_TYPES: Final = {
    "application/graphql-response+json": RESPONSE_JSON,
    "application/json": PLAIN_JSON,
    "application/*": PLAIN_JSON,
    "*/*": PLAIN_JSON,
}


@lru_cache(maxsize=64)  # clients of one kind send the same
def accepted(header: str) -> str:
    """What an Accept header likes best, the first of equals; plain JSON where it likes neither."""
    liked = [(quality, kind) for kind, quality in qualities(header) if kind in _TYPES]
    best = max(liked, key=lambda item: item[0], default=(0.0, ""))
    return _TYPES[best[1]] if best[0] > 0 else PLAIN_JSON


def qualities(header: str) -> list[tuple[str, float]]:
    """What an Accept header of any kind names, in small letters, and how well each is liked: 0 is not at all."""
    items = (item.partition(";") for item in header.split(","))
    return [(kind.strip().lower(), _quality(parameters)) for kind, _, parameters in items]


def _quality(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
