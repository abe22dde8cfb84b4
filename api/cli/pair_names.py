"""The pairs that somebody names by none, some or all of their names."""

from dataclasses import asdict, dataclass
from operator import itemgetter
from typing import Any

from api.cli.client import Api
from api.cli.terminal import counting


def names_of(pair: dict[str, Any]) -> dict[str, str]:
    """Of a node of `pairs`."""
    return {"exchange": pair["exchange"]["name"], "symbol": pair["symbol"], "interval": pair["interval"]}


@dataclass(frozen=True, slots=True)
class PairNames:
    """None stands for all."""

    exchange: str | None
    symbol: str | None
    interval: str | None

    @property
    def missed(self) -> str:
        """What is said where no pair has them."""
        if any(asdict(self).values()):
            return "No pair matches; `candelabra pairs` lists those there are."
        return "No pair is collected; `candelabra add` adds some."

    def pairs(self, api: Api, query: str, **variables: Any) -> list[dict[str, Any]]:
        """What a query for a page of `pairs` tells of them."""
        with counting("Pairs") as seen:
            return api.nodes(query, itemgetter("pairs"), seen, filter=asdict(self), **variables)
