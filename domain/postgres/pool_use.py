"""How the connections to PostgreSQL are used."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PoolUse:
    """Connections that there may be, and that somebody has."""

    size: int
    used: int
