"""Keys for tests, as `make apikey` makes them."""

from collections.abc import Sequence

from domain.access.secret import Secret
from domain.scope import Scope
from domain.storage import api_keys


async def new_key(name: str = "charts", scopes: Sequence[Scope] = (Scope.READ,)) -> Secret:
    secret = Secret.new()
    await api_keys.add(name, secret.prefix, secret.digest, scopes)
    return secret


def bearer(secret: Secret) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret.text}"}
