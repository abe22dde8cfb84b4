"""`python -m workers`: one more worker."""

import asyncio
import gc
import sys
from typing import Final

import uvloop

from domain.clock import system_clock
from domain.instrumentation import instrumented
from domain.settings import Settings, SettingsError
from workers.main import run

# Objects made before Python looks for cycles among them. A page makes thousands that are in none: at Python's usual 700
# a sixth of a backfill's own time went into looking.
_GC_THRESHOLD: Final = 50_000


def main() -> int:
    gc.freeze()  # what has been loaded stays, and CCXT is large
    gc.set_threshold(_GC_THRESHOLD)
    try:
        settings = Settings.load()
        with instrumented("worker", settings), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(run(settings, system_clock))
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
