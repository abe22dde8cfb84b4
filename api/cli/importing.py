"""`candelabra import`: candles of a file, by the program of the installation that may write them."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import typer

_ROOT: Final = Path(__file__).parents[2]

# Everything after the word belongs to the program, its --help too.
FORWARDED: Final = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


def import_(context: typer.Context) -> None:
    """Stores the candles of a CSV file, compressed or not, or of a Parquet file; runs where the installation does."""
    program = [sys.executable, "-P", "-m", "workers.importing", *context.args]
    environment = {**os.environ, "PYTHONPATH": str(_ROOT)}
    raise typer.Exit(subprocess.run(program, env=environment, check=False).returncode)  # noqa: S603  # our own
