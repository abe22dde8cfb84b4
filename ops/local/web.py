"""Installs what the pages load, so that nothing comes from a foreign host."""

import sys
from pathlib import Path
from typing import Final

from ops.local.environment import PreparationError
from ops.local.npm import install, is_installed

_FOLDER: Final = Path(__file__).parents[2] / "api" / "web"


def main() -> int:
    """Never fails: without their libraries the pages stay empty, and nothing else."""
    if is_installed(_FOLDER):
        return 0
    print("Installing what the pages load …", flush=True)
    try:
        install(_FOLDER)
    except PreparationError as error:
        print(error, "Dashboard and GraphiQL stay empty.", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
