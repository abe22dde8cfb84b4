"""What RUN lines made, kept for the next test run as an engine keeps layers: what sees the same is not run again."""

import hashlib
import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp


class Layers:
    """Trees of files in a folder, each under the digest of all that was seen when it was made."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._asked: set[str] = set()

    def make(self, tree: Path, seen: Sequence[str], run: Callable[[], None]) -> None:
        """Makes of the tree what `run` makes of it, which sees the tree and `seen`."""
        name = _digest(tree, seen)
        self._asked.add(name)
        kept = self._folder / name
        if kept.exists():
            shutil.rmtree(tree)
            _link(kept, tree)
            return
        run()
        self._folder.mkdir(exist_ok=True)
        unfinished = Path(mkdtemp(dir=self._folder))
        _link(tree, unfinished)
        with suppress(OSError):  # another test run was faster
            unfinished.rename(kept)

    def forget_others(self) -> None:
        """Those that nobody has asked for since this one was made."""
        for kept in self._folder.iterdir():
            if kept.name not in self._asked:
                shutil.rmtree(kept)


def _digest(tree: Path, seen: Sequence[str]) -> str:
    digest = hashlib.sha256(repr(seen).encode())
    for path in sorted(path for path in tree.rglob("*") if path.is_file()):
        digest.update(repr((str(path.relative_to(tree)), path.read_bytes())).encode())
    return digest.hexdigest()


def _link(source: Path, target: Path) -> None:
    """Files are the same in both places where they are on one disk."""
    on_one_disk = source.stat().st_dev == target.parent.stat().st_dev
    copy = os.link if on_one_disk else shutil.copy2
    shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True, copy_function=copy)
