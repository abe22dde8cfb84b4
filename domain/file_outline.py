"""What an exchanges file says, short enough for programs to compare theirs, and without its secrets."""

import json
from collections.abc import Iterable, Sequence
from hashlib import blake2b

from domain.exchanges_file import ExchangeConfig


def outline(exchanges: Sequence[ExchangeConfig]) -> str:
    """The names of the exchanges, each with something that changes with what stands there about it."""
    return json.dumps({item.name: _digest(item) for item in exchanges}, sort_keys=True)


def _digest(exchange: ExchangeConfig) -> str:
    text = json.dumps(exchange.model_dump(mode="json"), sort_keys=True)
    return blake2b(text.encode(), digest_size=4).hexdigest()


def difference(ours: str, theirs: str) -> str:
    """How the second file differs from the first, to be read after its name; empty where it does not."""
    mine, other = json.loads(ours), json.loads(theirs)
    changed = {name for name in mine.keys() & other.keys() if mine[name] != other[name]}
    told = [
        _told("lacks", mine.keys() - other.keys()),
        _told("also has", other.keys() - mine.keys()),
        _told("says other things about", changed),
    ]
    return " and ".join(filter(None, told))


def _told(verb: str, names: Iterable[str]) -> str:
    return f"{verb} {', '.join(sorted(names))}" if names else ""
