"""Where the embedded servers put their sockets."""

import hashlib
import os
import re
import shutil
import stat
import tempfile
from pathlib import Path
from typing import Final

from ops.local.account import Account
from ops.local.errors import RunError

# Bytes that the address of a Unix socket may have on macOS; Linux has four more.
_MAX_ADDRESS: Final = 103
# Characters that mean nothing in PostgreSQL's list of folders nor in a Redis address, which arq does not unquote.
_PLAIN: Final = re.compile(r"[A-Za-z0-9/._-]+")


def socket_folder(preferred: Path, name: str, account: Account | None) -> Path:
    """The preferred folder, or one of the temporary folder's when a socket of that name does not fit there."""
    if fits(preferred / name):
        return preferred
    digest = hashlib.sha256(os.fsencode(preferred)).hexdigest()[:12]
    places = [Path(place, f"candelabra-{digest}") for place in (tempfile.gettempdir(), "/tmp")]  # noqa: S108  # checked below
    folder = next((place for place in places if fits(place / name)), places[-1])
    _make_private(folder, account)
    return folder


def fits(address: Path) -> bool:
    return len(os.fsencode(address)) <= _MAX_ADDRESS and _PLAIN.fullmatch(str(address)) is not None


def discard_socket_folder(folder: Path, preferred: Path) -> None:
    if folder != preferred:
        shutil.rmtree(folder, ignore_errors=True)


def _make_private(folder: Path, account: Account | None) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    owners = {os.geteuid(), account.uid if account else os.geteuid()}
    if not stat.S_ISDIR(status.st_mode) or status.st_uid not in owners or status.st_mode & 0o077:
        raise RunError(f"{folder} is not a private folder of ours. Remove it, or choose a shorter DATA_DIR.")
    if account is not None:
        os.chown(folder, account.uid, account.gid)
