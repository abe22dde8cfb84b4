"""What is known of the run on a DATA_DIR: who runs, and what it has started."""

import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final, Self

import psutil

from ops.local.errors import RunError
from ops.local.leftovers import ProcessMark, stop_leftovers
from ops.local.program import Pause

RECORD_FILE: Final = "run.json"
_ENDING_SECONDS: Final = 20.0  # no run takes longer to end
_STARTING_SECONDS: Final = 2.0  # nor to write its record
_POLL_SECONDS: Final = 0.1


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    data_dir: str
    run: ProcessMark
    make: int | None = None  # process id of the make above it
    url: str = ""
    is_stopping: bool = False
    programs: tuple[ProcessMark, ...] = ()

    @classmethod
    def read(cls, data_dir: Path) -> Self | None:
        with suppress(OSError, ValueError, KeyError, TypeError):
            content = json.loads((data_dir / RECORD_FILE).read_text())
            run, programs = ProcessMark(**content.pop("run")), [ProcessMark(**mark) for mark in content.pop("programs")]
            record = cls(run=run, programs=tuple(programs), **content)
            # A copy of another installation's folder tells of processes that are none of ours.
            return record if record.data_dir == str(data_dir.resolve()) else None
        return None

    def write(self, data_dir: Path) -> None:
        write_whole(data_dir / RECORD_FILE, json.dumps(asdict(self), indent=2))

    def is_ending(self) -> bool:
        """Whether the run is about to let go of its DATA_DIR."""
        if self.is_stopping:
            return True
        with suppress(psutil.Error):
            return self.make is not None and psutil.Process(self.run.pid).ppid() != self.make
        return True


class RunLog:
    """Keeps the record of one run true."""

    def __init__(self, data_dir: Path, *, make: int | None) -> None:
        self._data_dir = data_dir
        self._record = RunRecord(data_dir=str(data_dir.resolve()), run=ProcessMark.of(os.getpid()), make=make)
        self._record.write(data_dir)

    def note(self, *, url: str | None = None, is_stopping: bool | None = None) -> None:
        if url is not None:
            self._record = replace(self._record, url=url)
        if is_stopping is not None:
            self._record = replace(self._record, is_stopping=is_stopping)
        self._record.write(self._data_dir)

    def note_programs(self, pids: Sequence[int]) -> None:
        marks = []
        for pid in pids:
            with suppress(psutil.NoSuchProcess):
                marks.append(ProcessMark.of(pid))
        self._record = replace(self._record, programs=tuple(marks))
        self._record.write(self._data_dir)


@contextmanager
def only_run(data_dir: Path, *, make: int | None, pause: Pause) -> Iterator[RunLog]:
    """Holds a DATA_DIR for one run, after ending what a killed one has left.

    Raises RunError when another run has it.
    """
    _make_folder(data_dir)
    # The kernel lets go of this lock however the run ends, and it leaves no file.
    lock = os.open(data_dir, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _take(lock, data_dir, pause)
        if left := RunRecord.read(data_dir):
            stop_leftovers(left.programs)
        try:
            yield RunLog(data_dir, make=make)
        finally:
            (data_dir / RECORD_FILE).unlink(missing_ok=True)
    finally:
        os.close(lock)


def _make_folder(data_dir: Path) -> None:
    if not data_dir.exists():
        data_dir.mkdir(parents=True)
        # Wherever it lies, git need not see it.
        (data_dir / ".gitignore").write_text("*\n")
    if not os.access(data_dir, os.W_OK):
        raise RunError(f"{data_dir} belongs to another user. Run as that user, or choose another DATA_DIR.")


def _take(lock: int, data_dir: Path, pause: Pause) -> None:
    waited = 0.0
    while not _is_taken(lock):
        holder = RunRecord.read(data_dir)
        if waited >= _patience(holder):
            raise RunError(_refusal(data_dir, holder))
        pause(_POLL_SECONDS)
        waited += _POLL_SECONDS


def _patience(holder: RunRecord | None) -> float:
    if holder is None:
        return _STARTING_SECONDS
    return _ENDING_SECONDS if holder.is_ending() else 0.0


def _is_taken(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _refusal(data_dir: Path, holder: RunRecord | None) -> str:
    who = f" (process {holder.run.pid}{', ' + holder.url if holder.url else ''})" if holder else ""
    return f"Candelabra already runs on {data_dir}{who}. Stop it there with Ctrl-C, or choose another DATA_DIR."


def write_whole(path: Path, text: str) -> None:
    """Nobody ever reads half of it."""
    draft = path.with_name(f"{path.name}.draft")
    draft.write_text(text)
    draft.replace(path)
