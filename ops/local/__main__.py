"""`python -m ops.local`: what `make run` does once the environment is there."""

import sys
from argparse import ArgumentParser

from ops.local.parent import ParentMake
from ops.local.parts import Parts
from ops.local.stop import StopRequest


def main(arguments: list[str], parts: Parts) -> int:
    """Runs the installation until it is asked to stop; the exit status."""
    parser = ArgumentParser(prog="python -m ops.local", description="Runs Candelabra and the servers that it needs.")
    parser.add_argument("--under-make", action="store_true", help="end when the make that started this ends")
    make = ParentMake() if parser.parse_args(arguments).under_make else None
    stop = StopRequest(make)
    stop.listen()
    # Imported only now, so that a Ctrl-C during the slow imports ends in good order, too.
    from ops.local.run import run_until_stopped  # noqa: PLC0415

    return run_until_stopped(parts, stop, make=make.pid if make else None)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], Parts()))
