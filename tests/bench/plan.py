"""How thorough a run of the benches is."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Plan:
    """`cache` outlives the run; `folder` is empty and the run's own."""

    is_quick: bool
    cache: Path
    folder: Path
