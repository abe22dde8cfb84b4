"""API keys: `python -m domain.access NAME read,sync` makes one, `… --revoke NAME` ends it."""

import asyncio
import sys
from collections.abc import Sequence
from typing import Final

from domain import lengths
from domain.access.secret import Secret
from domain.clock import Clock, system_clock
from domain.database import database
from domain.errors import BadInputError, DomainError
from domain.migrate import require_current
from domain.scope import SCOPES, Scope
from domain.settings import Settings, SettingsError
from domain.storage import api_keys

_USAGE: Final = "Say NAME=… and SCOPES=… for a new key, of read, sync and admin, or NAME=… of the key to revoke."


async def make(settings: Settings, name: str, scopes: str) -> str:
    """What to print: the key comes last, and is kept nowhere. Raises BadInputError and ConflictError."""
    wanted = _scopes(scopes)
    if not name.isprintable() or not 0 < len(name) <= lengths.KEY_NAME:
        raise BadInputError(f"NAME is 1 to {lengths.KEY_NAME} printable characters.")
    secret = Secret.new()
    await require_current(settings)
    async with database(settings):
        await api_keys.add(name, secret.prefix, secret.digest, wanted)
    allowed = ", ".join(scope.text for scope in Scope if scope <= max(wanted))
    return f"The key '{name}' ({secret.prefix}) for {allowed}. It is shown this once:\n{secret.text}"


async def revoke(settings: Settings, name: str, clock: Clock) -> str:
    """What to print. Raises NotFoundError."""
    await require_current(settings)
    async with database(settings):
        await api_keys.revoke(name, clock())
    return f"The key '{name}' is revoked, and ends everywhere within five seconds."


def _scopes(text: str) -> Sequence[Scope]:
    names = [name.strip() for name in text.split(",")]
    wrong = [name for name in names if name not in SCOPES]
    if wrong:
        raise BadInputError(f"SCOPES are one or more of {', '.join(SCOPES)}; '{wrong[0]}' is none.")
    return sorted({SCOPES[name] for name in names})


def main(arguments: Sequence[str]) -> int:
    try:
        print(asyncio.run(_run(arguments)))
    except (SettingsError, DomainError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


async def _run(arguments: Sequence[str]) -> str:
    match arguments:
        case ["--revoke", name]:
            return await revoke(Settings.load(), name, system_clock)
        case [name, scopes]:
            return await make(Settings.load(), name, scopes)
    raise BadInputError(_USAGE)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
