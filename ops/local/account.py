"""Whom the embedded servers run as when the run is root: PostgreSQL refuses to be that, and Valkey has no need to."""

import os
import pwd
import shutil
import stat
import subprocess
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Self

from ops.local.errors import RunError

_NAME: Final = "candelabra"
_ANY_SYSTEM_HAS: Final = "nobody"


@dataclass(frozen=True)
class Account:
    uid: int
    gid: int
    groups: tuple[int, ...] = ()  # ids of the groups that open the way to its files

    def let_through(self, path: Path) -> Self:
        """The account with the groups that it needs to get to a file or folder.

        Where such a group lacks the right, it is given; the world gets none.
        """
        found = set[int]()
        for folder in path.resolve().parents:
            found |= self._admitted(folder, stat.S_IXUSR)
        return replace(self, groups=tuple(sorted({*self.groups, *found})))

    def let_in(self, top: Path) -> Self:
        """The same, to read and run everything in a folder."""
        account = self.let_through(top)
        found = set(account.groups)
        for folder, _, files in os.walk(top.resolve()):
            for path in (Path(folder), *(Path(folder, name) for name in files)):
                found |= self._admitted(path, stat.S_IRUSR | stat.S_IXUSR)
        return replace(account, groups=tuple(sorted(found)))

    def _admitted(self, path: Path, rights: int) -> set[int]:
        """The group, if it takes one, to have those of the rights that the owner has."""
        status = path.stat()
        wanted = status.st_mode & rights
        if status.st_uid == self.uid or status.st_mode & wanted >> 6 == wanted >> 6:
            return set()
        if status.st_mode & wanted >> 3 != wanted >> 3:
            path.chmod(stat.S_IMODE(status.st_mode) | wanted >> 3)
        return {status.st_gid}


def account_for(data: Path) -> Account | None:
    """The account that owns a server's data folder or is going to; None: that of the run."""
    owner = data.stat().st_uid if data.exists() else None
    if os.geteuid() != 0:
        if owner not in {None, os.geteuid()}:
            raise RunError(f"{data} belongs to another user. Run as that user, or choose another DATA_DIR.")
        return None
    entry = pwd.getpwuid(owner) if owner else _own_entry()
    return Account(entry.pw_uid, entry.pw_gid)


def make_folder(folder: Path, account: Account | None) -> None:
    """A private folder of the account; one that root brought back from somewhere is handed over."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if account is not None and folder.stat().st_uid != account.uid:
        for place, _, files in os.walk(folder):
            for path in (Path(place), *(Path(place, name) for name in files)):
                os.chown(path, account.uid, account.gid, follow_symlinks=False)


def _own_entry() -> pwd.struct_passwd:
    program = shutil.which("useradd")
    if program and not _exists(_NAME):
        options = "--system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin"
        subprocess.run([program, *options.split(), _NAME], check=False, capture_output=True)
    return pwd.getpwnam(_NAME if _exists(_NAME) else _ANY_SYSTEM_HAS)


def _exists(name: str) -> bool:
    with suppress(KeyError):
        return bool(pwd.getpwnam(name))
    return False
