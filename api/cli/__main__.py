"""`python -m api.cli`: Candelabra in the terminal, a client of its GraphQL API."""

import sys

from api.cli.app import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
