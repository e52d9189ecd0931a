"""Notices without Brownie: `python -m largesse.notices --help`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from web3.exceptions import Web3Exception

from largesse import deployment as deployments
from largesse.arguments import whole_number
from largesse.chain import Node
from largesse.console import say
from largesse.errors import LargesseError
from largesse.nodes import LIVE_CONFIRMATIONS
from largesse.notices.setup import Desk
from largesse.web.logs import write_logs


def main(given: Sequence[str] | None = None) -> int:
    """0, or 1 with what is wrong on stderr."""
    options = _parser().parse_args(given)
    try:
        desk = Desk.open(options.receivers, os.environ, options.database, options.give_up_days)
        if options.status:
            return _status(desk)
        node = Node.at(options.rpc, confirmations=options.confirmations)
        notifier = desk.notifier(node, deployments.load(options.records, node), options.start)
        if options.once:
            found, taken = notifier.once()
            say(f"{found} notice(s) found, {taken} taken")
            return _status(desk)
        write_logs()
        notifier.run(lambda: True)
    except KeyboardInterrupt:
        return 0
    except (LargesseError, OSError, Web3Exception) as error:
        print(f"notices: {error}", file=sys.stderr)
        return 1
    return 0


def _status(desk: Desk) -> int:
    """What is where; 1 where anything was given up."""
    for receiver, state, count in desk.summary():
        say(f"{receiver}: {count} {state}")
    lost = desk.outbox.lost()
    for one in lost:
        say(f"given up: {one.id} ({one.kind}) to {one.receiver} after {one.attempts} attempts: {one.error}")
    return 1 if lost else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m largesse.notices", description=__doc__)
    parser.add_argument("--rpc", default="http://127.0.0.1:8545", help="the node")
    parser.add_argument(
        "--records", type=Path, default=Path("deployments"), help="folder of what is deployed"
    )
    parser.add_argument(
        "--receivers", type=Path, required=True, help="TOML file: largesse/notices/receivers.py"
    )
    parser.add_argument(
        "--database", required=True, help="sqlite:///file or postgresql://…; several can share it"
    )
    parser.add_argument(
        "--confirmations", type=whole_number, default=LIVE_CONFIRMATIONS, help="blocks, its own included"
    )
    parser.add_argument(
        "--start", type=int, help="first block there are notices about (default: from now on)"
    )
    parser.add_argument("--give-up-days", type=whole_number, default=5, help="then a notice counts as failed")
    parser.add_argument("--once", action="store_true", help="one round, then end")
    parser.add_argument("--status", action="store_true", help="what is pending, sent and failed")
    return parser


if __name__ == "__main__":
    sys.exit(main())
