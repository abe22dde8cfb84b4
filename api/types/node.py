"""Global identity: every entity has an id that names it and nothing else."""

from uuid import UUID

import strawberry


@strawberry.interface(description="Anything that can be asked for again by its id alone.")
class Node:
    id: strawberry.ID = strawberry.field(description="Names this object and no other, in the whole installation.")


def parse_id(text: strawberry.ID) -> UUID | None:
    """What the id stands for; None where it is none of ours."""
    try:
        return UUID(text)
    except ValueError:
        return None
