"""`candelabra sync`: asks for candles and follows the job that fetches them."""

from enum import StrEnum
from typing import Annotated, Any, Final, TypeAlias

import typer

from api.cli.address import Address, address
from api.cli.client import Api, connected
from api.cli.errors import CommandError
from api.cli.follow import follow
from api.cli.job import JOB_FIELDS, Job
from api.cli.job_bars import view_of
from api.cli.options import DEFAULT_URL, AsJson, End, Exchange, Interval, Key, Start, Symbol, Url
from api.cli.terminal import complain, progress_console, say, show_json

_PAIR: Final = """
query($exchange: String!, $symbol: String!, $interval: Interval!) {
  pair(exchange: $exchange, symbol: $symbol, interval: $interval) { id coverage { firstCandleAt } }
}
"""
_SYNC: Final = f"""
mutation($pairId: ID!, $kind: SyncKind!, $from: DateTime, $to: DateTime, $force: Boolean!) {{
  syncPair(input: {{ pairId: $pairId, kind: $kind, from: $from, to: $to, force: $force }}) {{
    isNew job {{ {JOB_FIELDS} }}
  }}
}}
"""


class Kind(StrEnum):
    """The kinds of the contract."""

    INITIAL = "initial"
    FORWARD = "forward"
    BACKWARD = "backward"
    REPAIR = "repair"
    RANGE = "range"


GivenKind: TypeAlias = Annotated[
    Kind | None,
    typer.Option(
        case_sensitive=False,
        show_default=False,
        help="What to cover. Left out: range with --to, initial with --from or without any candles, else forward.",
    ),
]
Force: TypeAlias = Annotated[bool, typer.Option("--force", help="Asks again for what a range already covers.")]
Wait: TypeAlias = Annotated[bool, typer.Option("--wait/--no-wait", help="Follows the job until it has ended.")]


def sync(
    exchange: Exchange,
    symbol: Symbol,
    interval: Interval,
    *,
    kind: GivenKind = None,
    start: Start = None,
    end: End = None,
    force: Force = False,
    wait: Wait = True,
    as_json: AsJson = False,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Fetches a pair's candles and shows how far it is; fails when the job fails."""
    to = address(url, key)
    market = {"exchange": exchange, "symbol": symbol, "interval": interval}
    with connected(to) as api, progress_console().status("Asking …"):
        pair = _pair(api, market)
        wanted = kind or _usual_kind(pair, start, end)
        asked = {"pairId": pair["id"], "kind": wanted.name, "from": start, "to": end, "force": force}
        answer = api.ask(_SYNC, **asked)["syncPair"]
    if not answer["isNew"]:
        complain(f"A job of kind {answer['job']['kind']} was under way already; it stands for this one.")
    node = _followed(to, answer["job"]) if wait else answer["job"]
    if as_json:
        show_json(node)
    _conclude(Job.of(node), is_told=not as_json)


def _pair(api: Api, market: dict[str, str]) -> dict[str, Any]:
    pair: dict[str, Any] | None = api.ask(_PAIR, **market)["pair"]
    if pair is None:
        raise CommandError(f"{' '.join(market.values())} is not collected; `candelabra add` starts collecting it.")
    return pair


def _usual_kind(pair: dict[str, Any], start: str | None, end: str | None) -> Kind:
    if end:
        return Kind.RANGE
    return Kind.INITIAL if start or not pair["coverage"]["firstCandleAt"] else Kind.FORWARD


def _followed(to: Address, node: dict[str, Any]) -> dict[str, Any]:
    job = Job.of(node)
    goes_on = f"Job {job.id} goes on; `candelabra status` shows how far it is."
    try:
        with view_of([job], progress_console(), complain) as show:
            return follow(to, job.id, lambda latest: show([latest]))
    except KeyboardInterrupt:
        complain(goes_on)
        raise
    except CommandError as error:
        raise CommandError(f"{error} {goes_on}") from error


def _conclude(job: Job, *, is_told: bool) -> None:
    """Raises CommandError for a job that has ended without success."""
    if job.status == "FAILED":
        raise CommandError(f"{job.title} failed: {job.error} ({job.error_code})")
    if job.status == "CANCELLED":
        raise CommandError(f"{job.title} was cancelled; the {job.candles:,} candles that it wrote stay.")
    if is_told:
        done = f"{job.candles:,} candles written" if job.status == "SUCCEEDED" else f"job {job.id}"
        say(f"{job.title}: {job.kind} {job.status}, {done}.")
