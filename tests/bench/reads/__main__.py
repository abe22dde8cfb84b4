"""`python -m tests.bench.reads [--quick] [--keep]`: the read path alone; nothing is written down."""

import os
import signal
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ops.local.terminal import complain, say
from tests.bench.errors import BenchError
from tests.bench.machine import describe
from tests.bench.plan import Plan
from tests.bench.reads.section import reads
from tests.bench.report import markdown


def main() -> int:
    parser = ArgumentParser(prog="python -m tests.bench.reads", description="Measures the read path beside others.")
    parser.add_argument("--quick", action="store_true", help="fewer rows and rounds; PostGraphile only if installed")
    parser.add_argument("--keep", action="store_true", help="keep the filled database for the next run with --keep")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that everything that was started is stopped
    try:
        with _plan(is_quick=options.quick, is_kept=options.keep) as plan:
            say(markdown(describe(), [reads(plan)]))
    except BenchError as error:
        complain(str(error))
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


@contextmanager
def _plan(*, is_quick: bool, is_kept: bool) -> Iterator[Plan]:
    cache = Path(os.environ.get("DATA_DIR") or ".data").absolute() / "bench"
    kept = cache / f"reads-kept{'-quick' if is_quick else ''}"
    kept.mkdir(parents=True, exist_ok=True) if is_kept else cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix="reads-", ignore_cleanup_errors=True) as folder:
        yield Plan(is_quick, cache, kept if is_kept else Path(folder))


if __name__ == "__main__":
    sys.exit(main())
