"""The command `candelabra`."""

import logging
from collections.abc import Sequence

import typer

from api.cli.add import add
from api.cli.errors import CommandError
from api.cli.export import export
from api.cli.gaps import gaps
from api.cli.importing import FORWARDED, import_
from api.cli.markets import markets
from api.cli.pairs import pairs
from api.cli.quality import quality
from api.cli.status import status
from api.cli.sync import sync
from api.cli.terminal import complain

_NAME = "candelabra"


def main(arguments: Sequence[str]) -> int:
    """The exit status: 0, 1 for a command that failed, 2 for one that was not understood, 130 after Ctrl-C."""
    # What the client's libraries have to say arrives as exceptions, too.
    logging.getLogger("gql").addHandler(logging.NullHandler())
    try:
        _app()(arguments, prog_name=_NAME)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    except CommandError as error:
        complain(str(error))
        return 1
    return 0


def _app() -> typer.Typer:
    app = typer.Typer(
        help="Candelabra in the terminal: a client of a running installation.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
    )
    for command in (add, sync, pairs, markets, status, gaps, quality, export):
        app.command()(command)
    app.command("import", context_settings=FORWARDED)(import_)
    return app
