"""Serves the synthetic market in Binance's dialect until SIGTERM or SIGINT.

python -m ops.sandbox --port 9001
"""

from argparse import ArgumentParser
from datetime import UTC, datetime

import uvicorn

from ops.sandbox.binance import binance
from ops.sandbox.synthetic import SyntheticMarket


def main() -> None:
    parser = ArgumentParser(prog="python -m ops.sandbox", description="A made-up exchange on the loopback address.")
    parser.add_argument("--port", type=int, required=True, help="TCP port to listen on")
    market = SyntheticMarket(clock=lambda: datetime.now(UTC))
    uvicorn.run(
        binance(market),
        host="127.0.0.1",
        port=parser.parse_args().port,
        lifespan="off",
        ws="none",
        access_log=False,
        log_level="error",
        timeout_graceful_shutdown=2,  # seconds
    )


if __name__ == "__main__":
    main()
