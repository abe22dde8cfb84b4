"""The words that commands share."""

from datetime import UTC, datetime
from typing import Annotated, TypeAlias

import typer


def instant(text: str) -> str:
    """An instant of the contract, of a date or an instant with or without offset; UTC where none is given."""
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"'{text}' is no date and no instant; they look like 2024-03-01 and 2024-03-01T12:00:00Z."
        ) from None
    aware = given if given.tzinfo else given.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat().replace("+00:00", "Z")


Exchange: TypeAlias = Annotated[
    str, typer.Argument(help="Name of the exchange, for example binance.", show_default=False)
]
Symbol: TypeAlias = Annotated[
    str, typer.Argument(help="Unified CCXT symbol, for example BTC/USDT.", show_default=False)
]
Interval: TypeAlias = Annotated[
    str, typer.Argument(help="Interval of the candles, for example 1m.", show_default=False)
]

AnyExchange: TypeAlias = Annotated[str | None, typer.Argument(help="Only of this exchange.", show_default=False)]
AnySymbol: TypeAlias = Annotated[str | None, typer.Argument(help="Only of this symbol.", show_default=False)]
AnyInterval: TypeAlias = Annotated[str | None, typer.Argument(help="Only of this interval.", show_default=False)]

Start: TypeAlias = Annotated[
    str | None,
    typer.Option("--from", parser=instant, metavar="INSTANT", help="First instant, in UTC.", show_default=False),
]
End: TypeAlias = Annotated[
    str | None,
    typer.Option("--to", parser=instant, metavar="INSTANT", help="End, itself left out.", show_default=False),
]
Url: TypeAlias = Annotated[str, typer.Option(envvar="CANDELABRA_URL", help="Address of the installation.")]
Key: TypeAlias = Annotated[
    str, typer.Option(envvar="CANDELABRA_KEY", help="API key, where one is asked for.", show_default=False)
]
AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Answers with JSON, for programs.")]

DEFAULT_URL = "http://127.0.0.1:3000"
