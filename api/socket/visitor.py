"""Who is behind a connection."""

from dataclasses import dataclass
from typing import Final

from api.socket.protocol import ClosingError
from domain.access.authenticator import Authenticator
from domain.access.caller import NOBODY, Caller
from domain.errors import OverloadedError, RateLimitedError, UnauthenticatedError
from domain.outage import is_outage

_UNAUTHORIZED: Final = 4401
_TRY_AGAIN_LATER: Final = 1013


@dataclass(slots=True)
class Visitor:
    """`authorization` is first what came with the handshake, from clients that can say it there."""

    authenticator: Authenticator
    address: str
    authorization: str | None
    caller: Caller = NOBODY

    async def enter(self, authorization: str | None) -> None:
        """Raises ClosingError for who may not."""
        self.authorization = authorization or self.authorization
        try:
            self.caller = await self.authenticator.authenticate(self.authorization, self.address)
        except UnauthenticatedError as error:
            raise ClosingError(_UNAUTHORIZED, str(error)) from None
        except (RateLimitedError, OverloadedError) as error:
            raise ClosingError(_TRY_AGAIN_LATER, str(error)) from None
        except Exception as error:
            if not is_outage(error):
                raise
            told = "The database does not answer; try again in a moment."
            raise ClosingError(_TRY_AGAIN_LATER, told) from error

    async def stay(self) -> None:
        """Raises ClosingError once the key that let it in does so no more; returns at once where none was needed."""
        if self.authenticator.requires_key:
            await self.authenticator.keys.until_refused(self.authorization)
            raise ClosingError(_UNAUTHORIZED, "The API key is not valid any more.")
