"""Serves the synthetic market in Binance's dialect until SIGTERM or SIGINT.

python -m ops.sandbox --port 9001
"""

from argparse import ArgumentParser
from datetime import UTC, datetime

from ops.sandbox.binance import binance
from ops.sandbox.serving import serve
from ops.sandbox.synthetic import SyntheticMarket


def main() -> None:
    parser = ArgumentParser(prog="python -m ops.sandbox", description="A made-up exchange on the loopback address.")
    parser.add_argument("--port", type=int, required=True, help="TCP port to listen on")
    market = SyntheticMarket(clock=lambda: datetime.now(UTC))
    serve(binance(market), parser.parse_args().port)


if __name__ == "__main__":
    main()
