"""Finding anything by its id."""

from collections.abc import Callable
from typing import Any, TypeAlias
from uuid import UUID

import strawberry

from api.loaders import Loaders
from api.sharing.batches import Batches
from api.types.coin import Coin
from api.types.exchange import Exchange
from api.types.job import SyncJob
from api.types.node import Node, parse_id
from api.types.pair import Pair
from api.types.timeframe import Timeframe
from domain.storage.nodes import NodeKind

Finder: TypeAlias = tuple[Batches[UUID, Any], Callable[[Any], Node]]


async def find_node(loaders: Loaders, node_id: strawberry.ID) -> Node | None:
    key = parse_id(node_id)
    kind = await loaders.kind.load(key) if key else None
    if key is None or kind is None:
        return None
    batches, view = _finder(loaders, kind)
    found = await batches.load(key)
    return view(found) if found else None


def _finder(loaders: Loaders, kind: NodeKind) -> Finder:
    finders: dict[NodeKind, Finder] = {
        NodeKind.COIN: (loaders.coin, Coin.of),
        NodeKind.EXCHANGE: (loaders.exchange, Exchange.of),
        NodeKind.TIMEFRAME: (loaders.timeframe, Timeframe.of),
        NodeKind.PAIR: (loaders.pair, Pair.of),
        NodeKind.JOB: (loaders.job, SyncJob.of),
    }
    return finders[kind]
