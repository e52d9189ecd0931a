"""`python -m tools.brownie_here run demo`: Brownie's command line, with a development node of its own."""

import sys

from brownie import network

from tools import own_node


def main() -> None:
    """Run Brownie with this process's arguments; raises SystemExit with its exit code."""
    network.connect = own_node.connect
    sys.argv[0] = "brownie"
    from brownie._cli.__main__ import main as brownie

    brownie()


if __name__ == "__main__":
    main()
