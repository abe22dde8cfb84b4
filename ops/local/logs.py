"""Log files of the started programs, kept small."""

import shutil
from pathlib import Path
from typing import Final

_MAX_BYTES: Final = 16_000_000  # a file; one older of the same size is kept beside it
_SHOWN_LINES: Final = 12
_SHOWN_BYTES: Final = 8_000


def new_log(path: Path) -> Path:
    """An empty log; what was there is kept as the older one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        path.replace(_older(path))
    path.touch()
    return path


def bound(path: Path) -> None:
    """Empties a log that has grown too big; its program goes on writing to the same file."""
    if path.exists() and path.stat().st_size > _MAX_BYTES:
        shutil.copyfile(path, _older(path))
        with path.open("r+b") as file:
            file.truncate()


def last_lines(path: Path) -> str:
    """The end of a log, indented, with its address."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _SHOWN_BYTES))
        lines = file.read().decode(errors="replace").splitlines()[-_SHOWN_LINES:]
    return "\n".join([f"The end of {path}:", *(f"    {line}" for line in lines)])


def _older(path: Path) -> Path:
    return path.with_name(f"{path.name}.old")
