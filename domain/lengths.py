"""How many characters the columns for texts from outside hold: what is longer is refused or left out, never cut."""

from typing import Final

EXCHANGE_NAME: Final = 50
SYMBOL: Final = 60
COIN_SYMBOL: Final = 20
CURRENCY: Final = 30
COIN_NAME: Final = 100
IMAGE_URL: Final = 500
KEY_NAME: Final = 100
IDEMPOTENCY_KEY: Final = 255
