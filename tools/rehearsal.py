"""A chain to rehearse docs/RUNBOOK.md on: an Anvil that behaves as live chains do.

`python -m tools.rehearsal chain` runs it until Ctrl-C and prints what to type in another terminal: its
address and that of a currency. Blocks come by the clock, gas has a price, no account is unlocked.
`python -m tools.rehearsal fund <address> …` gives accounts of it ether and a billion of the currency.
"""

from __future__ import annotations

import argparse
import os
import secrets
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from largesse.artifacts import artifact
from largesse.chain import Node, Wallet
from largesse.development import mint
from largesse.errors import LargesseError
from largesse.nodes import development_node

ETHER: Final = 10**18
PURSE: Final = 1_000_000_000
BASE_FEE: Final = 50_000_000
GAS_LIMIT: Final = 60_000_000


def faucet(node: Node) -> Wallet:
    """An account with ether, whose key nobody else knows or keeps."""
    wallet = Wallet.from_key("faucet", secrets.token_bytes(32))
    node.develop("anvil_setBalance", [wallet.address, hex(10 * ETHER)])
    return wallet


def make_currency(node: Node) -> str:
    """A well-behaved token without decimals, "KRWT"; its address."""
    contract = artifact("TestToken")
    made = node.web3.eth.contract(abi=contract.abi, bytecode=contract.creation_code)
    data = made.constructor("Rehearsed won", "KRWT", 0).data_in_transaction
    return str(node.send_raw_call(faucet(node), None, bytes.fromhex(data[2:]))["contractAddress"])


def fund(node: Node, token: str, addresses: Sequence[str]) -> None:
    """Ether for gas and `PURSE` units of the currency for each address."""
    wallet = faucet(node)
    for address in addresses:
        node.develop("anvil_setBalance", [address, hex(ETHER)])
        mint(node, token, address, PURSE, wallet)


def main(given: Sequence[str] | None = None) -> int:
    """Run the chain, or fund accounts of it; the exit code is 1 where that can't be done."""
    parser = argparse.ArgumentParser("python -m tools.rehearsal", description="A chain to rehearse on.")
    commands = parser.add_subparsers(dest="command", required=True)
    chain = commands.add_parser("chain", help="run it until Ctrl-C")
    chain.add_argument("--chain-id", type=int, default=8453)
    chain.add_argument("--block-seconds", type=float, default=1)
    funding = commands.add_parser("fund", help="ether and currency for accounts")
    funding.add_argument("addresses", nargs="+", metavar="address")
    told = parser.parse_args(given)
    # Whatever ends this ends the node too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if told.command == "fund":
            fund(Node.at(os.environ["NODE"]), os.environ["TOKEN"], told.addresses)
            return 0
        with development_node(
            told.chain_id, hardfork="osaka", accounts=0, gas_limit=GAS_LIMIT, base_fee=BASE_FEE,
            block_seconds=told.block_seconds,
        ) as url:  # fmt: skip
            print(f"export NODE={url}\nexport TOKEN={make_currency(Node.at(url))}", flush=True)
            with suppress(KeyboardInterrupt):
                threading.Event().wait()
        return 0
    except KeyError as error:
        print(f"{error.args[0]} is not set: type the lines that `chain` has printed", file=sys.stderr)
    except LargesseError as error:
        print(f"{error} [{error.reason}]", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
