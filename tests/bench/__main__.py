"""`python -m tests.bench [--quick] [NAME …]`: measures, and writes what it found beside this file.

A quick run looks whether everything works; it writes nothing down.
"""

import os
import signal
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from ops.local.terminal import complain, say
from tests.bench.backfill import backfill
from tests.bench.errors import BenchError
from tests.bench.exports import exports
from tests.bench.machine import describe
from tests.bench.memory import memory
from tests.bench.plan import Plan
from tests.bench.reads.section import reads
from tests.bench.report import Section, markdown

BENCHES: Final[Mapping[str, Callable[[Plan], Section]]] = {
    "backfill": backfill,
    "memory": memory,
    "reads": reads,
    "exports": exports,
}
RESULTS: Final = Path(__file__).parent / "results.md"


def main() -> int:
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that everything that was started is stopped
    try:
        sections = [_measured(name, is_quick=options.quick) for name in options.names or BENCHES]
    except BenchError as error:
        complain(str(error))
        return 1
    except KeyboardInterrupt:
        return 130
    text = markdown(describe(), sections)
    say(text)
    if not options.quick and not options.names:
        RESULTS.write_text(text)
    return 0


def _options() -> Namespace:
    parser = ArgumentParser(prog="python -m tests.bench", description="Measures Candelabra beside what it replaces.")
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[[], *BENCHES], help=f"one of {', '.join(BENCHES)}")
    parser.add_argument("--quick", action="store_true", help="a look whether the benches work; writes no results")
    return parser.parse_args()


def _measured(name: str, *, is_quick: bool) -> Section:
    """In a folder of its own on the disk of the checkout, because a temporary folder may be in memory."""
    complain(f"{name} …")
    cache = Path(os.environ.get("DATA_DIR") or ".data").absolute() / "bench"
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix=f"{name}-", ignore_cleanup_errors=True) as folder:
        return BENCHES[name](Plan(is_quick, cache, Path(folder)))


if __name__ == "__main__":
    sys.exit(main())
