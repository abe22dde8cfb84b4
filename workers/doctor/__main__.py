"""`python -m workers.doctor`: examines an installation; with `--repair` it sets right what it can prove to be wrong.

Status 0 when there is no problem, or none is left; 1 otherwise. Warnings do not count.
"""

import asyncio
import logging
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from time import monotonic
from typing import Final

from domain.clock import Clock, system_clock
from domain.database import database
from domain.queue import Queue, redis
from domain.settings import Settings, SettingsError
from workers.doctor.consultation import Consultation
from workers.doctor.patient import Patient, Progress
from workers.exchanges import open_exchanges

# Seconds of silence after which somebody who waits is told how far it is.
_SILENCE_SECONDS: Final = 2.0


async def consult(settings: Settings, clock: Clock, *, repairs: bool) -> int:
    """The exit status. Raises SettingsError where the exchanges file cannot be used."""
    async with (
        database(settings),
        redis(settings.redis_url) as client,
        open_exchanges(settings, client, clock) as exchanges,
    ):
        patient = Patient(settings, clock, Queue(client, clock), exchanges, _progress())
        consultation = Consultation(patient, repairs, _say)
        await consultation.hold()
    return 1 if consultation.open_problems else 0


def _say(line: str) -> None:
    print(line, flush=True)


def _progress() -> Progress:
    told_at = monotonic()

    def tell(sentence: str) -> None:
        nonlocal told_at
        if monotonic() - told_at >= _SILENCE_SECONDS:
            told_at = monotonic()
            print(sentence, file=sys.stderr, flush=True)

    return tell


def main(arguments: Sequence[str]) -> int:
    parser = ArgumentParser(prog="python -m workers.doctor", description="Examines an installation of Candelabra.")
    parser.add_argument("--repair", action="store_true", help="set right what is proven to be wrong")
    repairs = parser.parse_args(arguments).repair
    # What the libraries would log is found and told in order.
    logging.getLogger().addHandler(logging.NullHandler())
    try:
        return asyncio.run(consult(Settings.load(), system_clock, repairs=repairs))
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
