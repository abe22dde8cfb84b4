"""How long tests wait for what they promise no time for."""

from typing import Final

PATIENCE: Final = 60.0
"""Seconds after which what has not happened is taken never to happen, on however busy a machine."""
