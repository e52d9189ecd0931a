"""`python -m largesse.indexer --node URL [--database URL] [--follow]`: no Brownie, for a service."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from largesse import deployment as deployments
from largesse.arguments import whole_number
from largesse.chain import Node
from largesse.chainlogs import DEFAULT_RANGE
from largesse.errors import LargesseError
from largesse.files import CHECKOUT
from largesse.indexer.rpc import Rpc
from largesse.indexer.run import Options, database_of, index


def main(given: list[str] | None = None) -> int:
    """Follow; the exit code is 1 where that can't be done, and the last line says why."""
    parser = argparse.ArgumentParser("largesse.indexer", description="Follow a deployment into a database.")
    parser.add_argument("--node", required=True, help="its HTTP address")
    parser.add_argument(
        "--database", help="sqlite:///file or postgresql://… (default: a file of this chain's)"
    )
    parser.add_argument("--follow", action="store_true", help="go on, until Ctrl-C")
    parser.add_argument(
        "--confirmations", type=whole_number, default=1, help="blocks a block must be under, with its own"
    )
    parser.add_argument("--range", type=whole_number, default=DEFAULT_RANGE, help="blocks to ask for at once")
    parser.add_argument("--poll", type=float, default=2.0, help="seconds between two looks")
    parser.add_argument("--records", type=Path, help="the folder of deployment records")
    told = parser.parse_args(given)
    state = Path(os.environ.get("LARGESSE_STATE", CHECKOUT))
    try:
        node = Node.at(told.node)
        Rpc(node).require_node()
        deployment = deployments.load(told.records or state / "deployments", node)
        database = told.database or database_of(state, node)
        index(node, deployment, database, Options(told.follow, told.confirmations, told.range, told.poll))
    except LargesseError as error:
        print(f"{error} [{error.reason}]", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
