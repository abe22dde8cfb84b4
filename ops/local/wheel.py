"""Packages that carry a server's programs."""

from importlib.util import find_spec
from pathlib import Path

from ops.local.errors import RunError


def folder_of(package: str) -> Path:
    """Where it is installed. Importing it would take long, and one looks for folders that nobody needs."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise RunError(f"{package} is not installed. Start with `make run`, or set DB_HOST and REDIS_URL.")
    return Path(spec.origin).parent
