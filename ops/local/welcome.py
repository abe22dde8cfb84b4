"""What a person reads once everything runs."""

import json
import shlex
from pathlib import Path

from domain.settings import Seed, Settings

_CANDLES = """{ candles(exchange: "sandbox", symbol: "BTC/USDT", interval: "1m", last: 3) {
  nodes { timestamp open high low close volume }
} }"""
_EXCHANGES = "{ exchanges { name adapter isActive intervals } }"


def welcome(settings: Settings, url: str, logs: Path) -> str:
    addresses = {
        "Dashboard": f"{url}/",
        "GraphQL" if settings.is_production else "GraphQL, GraphiQL": f"{url}/graphql",
        "Health": f"{url}/readyz",
        "Logs": str(logs),
    }
    rows = [f"  {name:<18} {address}" for name, address in addresses.items()]
    return "\n".join(
        ["", "Candelabra is ready.", "", *rows, "", *_example(settings, url), "", "Ctrl-C stops all of it.", ""]
    )


def _example(settings: Settings, url: str) -> list[str]:
    query = _EXCHANGES if settings.is_production or settings.seed is Seed.NONE else _CANDLES
    body = shlex.quote(json.dumps({"query": " ".join(query.split())}))
    key = " -H 'authorization: Bearer KEY'" if settings.requires_key else ""
    ask = "Ask it, with a KEY of `make apikey NAME=… SCOPES=read`:" if key else "Ask it:"
    return [ask, "", f"  curl {url}/graphql -H 'content-type: application/json'{key} -d {body}"]
