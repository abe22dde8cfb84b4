"""Global identity: every entity has an id that names it and nothing else."""

from uuid import UUID

import strawberry

from domain.errors import NotFoundError


@strawberry.interface(description="Anything that can be asked for again by its id alone.")
class Node:
    id: strawberry.ID = strawberry.field(description="Names this object and no other, in the whole installation.")


def parse_id(text: strawberry.ID) -> UUID | None:
    """What the id stands for; None where it is none of ours."""
    try:
        return UUID(text)
    except ValueError:
        return None


def required_id(text: strawberry.ID, kind: str, query: str) -> UUID:
    """What the id stands for. Where it is none of ours NotFoundError, with the query that lists such things."""
    if (found := parse_id(text)) is None:
        raise NotFoundError(f"There is no such {kind}; the query {query} lists those there are.")
    return found
