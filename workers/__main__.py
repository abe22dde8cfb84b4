"""`python -m workers`: one more worker."""

import asyncio
import gc
import logging
import sys

import uvloop

from domain.clock import system_clock
from domain.settings import Settings, SettingsError
from workers.main import run


def main() -> int:
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level=logging.INFO)
    logging.getLogger("arq").setLevel(logging.WARNING)
    gc.freeze()  # CCXT stays; looking through it again and again would take a tenth of a backfill
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(run(Settings.load(), system_clock))
    except SettingsError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
