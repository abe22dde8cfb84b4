"""Relay connections: pages of lists, with what is only found out when it is asked for."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import strawberry

from api.cursors import cursor_key, key_cursor
from api.fields import resolver
from api.sharing.shared_reads import SharedReads
from api.types.scalars import BigInt
from domain.errors import BadInputError
from domain.storage.keyset import DEFAULT_FIRST, MAX_FIRST, Keyset
from domain.storage.select import Row

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class NodePage(Generic[T]):
    """The nodes of a page; `cursor` of the nth, and whether there is a previous and a next page, on demand."""

    nodes: list[T]
    cursor: Callable[[int], str]
    neighbours: Callable[[], Awaitable[tuple[bool, bool]]]
    count: Callable[[], Awaitable[int]]

    async def info(self) -> "PageInfo":
        has_previous, has_next = await self.neighbours()
        ends = (self.cursor(0), self.cursor(-1)) if self.nodes else (None, None)
        start, end = ends
        return PageInfo(has_next_page=has_next, has_previous_page=has_previous, start_cursor=start, end_cursor=end)


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether the list goes on behind this page.")
    has_previous_page: bool = strawberry.field(description="Whether the list has items ahead of this page.")
    start_cursor: str | None = strawberry.field(description="Cursor of the first item; null on an empty page.")
    end_cursor: str | None = strawberry.field(description="Cursor of the last item; null on an empty page.")


@strawberry.type(description="An item of a list and the cursor that stands for its place.")
class Edge(Generic[T]):
    cursor: str = strawberry.field(description="Stands for the item's place; it survives new items.")
    node: T = strawberry.field(description="The item.")


@strawberry.type(description="A page of a list.")
class Connection(Generic[T]):
    page: strawberry.Private[NodePage[T]]

    @resolver("The items of this page, in the order of the list.")
    def nodes(self) -> list[T]:
        return self.page.nodes

    @resolver("The same items, each with its cursor.")
    def edges(self) -> list[Edge[T]]:
        return [Edge(cursor=self.page.cursor(place), node=node) for place, node in enumerate(self.page.nodes)]

    @resolver("Where this page lies in the list.")
    async def page_info(self) -> PageInfo:
        return await self.page.info()

    @resolver("Items of the whole list, whatever the page; counted only when asked for.")
    async def total_count(self) -> BigInt:
        return BigInt(await self.page.count())


async def entity_page(
    reads: SharedReads, rows: Keyset[Row], view: Callable[[Row], T], first: int | None, after: str | None
) -> NodePage[T]:
    """The first rows, or the first behind a cursor; BadInputError where `first` or the cursor is unusable."""
    limit = DEFAULT_FIRST if first is None else first
    if not 0 <= limit <= MAX_FIRST:
        raise BadInputError(f"first must be between 0 and {MAX_FIRST}.")
    key = None if after is None else cursor_key(after, "after")

    async def read() -> NodePage[T]:
        found = await rows.page(key, limit + 1)
        kept: Sequence[Row] = found[:limit]

        async def neighbours() -> tuple[bool, bool]:
            return key is not None, len(found) > limit

        return NodePage(
            [view(row) for row in kept], lambda place: key_cursor(rows.key(kept[place])), neighbours, rows.count
        )

    return await reads.get((rows, after, limit), read)
