"""Nodes: a development chain of one's own, and what the contracts ask of any node."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from web3 import Web3
from web3.types import RPCEndpoint

from largesse.errors import LargesseError

START_SECONDS = 20.0

# Initcode for an eth_call without `to`: its last part returns the word 1. Both opcodes came with Cancun.
_TSTORE_AND_MCOPY = "600160005d" + "6000600060005e"
_RETURN_ONE = "600160005260206000f3"
_ONE = "0x" + "00" * 31 + "01"

LIVE_CONFIRMATIONS: Final = 12
"""Blocks, the one that holds it counted, after which a transaction on a live chain counts."""


class NodeError(LargesseError):
    """A node is missing, does not start, or can't run the contracts.

    `reason`: node_missing, node_failed, node_too_old, node_unclear.
    """


def require_cancun(web3: Web3) -> None:
    """Make sure that the node runs Cancun's opcodes (EIP-1153 TSTORE, EIP-5656 MCOPY); nothing is sent.

    Raises NodeError: `node_too_old` when it refuses them, `node_unclear` when it does not even run code
    without them in an eth_call. Connection errors pass through.
    """
    if _runs(web3, _TSTORE_AND_MCOPY + _RETURN_ONE):
        return
    name = web3.client_version
    if not _runs(web3, _RETURN_ONE):
        raise NodeError(
            "node_unclear",
            f"The node {name} runs no code in an eth_call, so it can't be told whether it runs Cancun's.",
        )
    raise NodeError(
        "node_too_old",
        f"The node {name} does not know TSTORE and MCOPY: the contracts need the Cancun upgrade (2024). "
        "Ganache stops at Shanghai; use Anvil instead (--network anvil), with --hardfork cancun or later.",
    )


@contextmanager
def development_node(
    chain_id: int = 31_337,
    *,
    hardfork: str = "prague",
    accounts: int = 20,
    gas_limit: int = 30_000_000,
    traces: bool = False,
    base_fee: int = 0,
    block_seconds: float = 0,
) -> Iterator[str]:
    """Run an Anvil on a free port while the `with` block lasts; yields its HTTP address.

    Its unlocked accounts are the well-known ones; `gas_limit` is a block's, `base_fee` (wei) the first one's.
    With `block_seconds` a block comes in that time, whatever was sent; with 0 for each transaction.
    With `traces` it keeps the steps that debug_traceTransaction shows.
    Raises NodeError: `node_missing` when there is no `anvil` on the PATH, `node_failed` when it does not come
    up.
    """
    anvil = shutil.which("anvil")
    if anvil is None:
        raise NodeError(
            "node_missing", "There is no `anvil` on the PATH: `make setup` installs it, or install Foundry."
        )
    command = [anvil, "--port", "0", "--chain-id", str(chain_id), "--hardfork", hardfork]
    command += ["--accounts", str(accounts), "--gas-limit", str(gas_limit)]
    command += ["--block-base-fee-per-gas", str(base_fee)]
    if block_seconds:
        command += ["--block-time", str(block_seconds)]
    command += ["--steps-tracing"] if traces else []
    # a file, not a pipe: nobody empties a pipe while the node runs
    with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
        node = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, text=True)
        try:
            yield _address(node, output)
        finally:
            node.terminate()
            node.wait()


def _address(node: subprocess.Popen[str], output: Any) -> str:
    """Where a starting node listens: the port is its own choice, so it can't be taken by another process."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        ended = node.poll() is not None
        output.seek(0)
        text = output.read()
        if found := re.search(r"^Listening on (127\.0\.0\.1:\d+)$", text, re.MULTILINE):
            return f"http://{found.group(1)}"
        if ended:
            raise NodeError("node_failed", f"Anvil ended at once: {text.strip()[-500:]}")
        time.sleep(0.02)
    raise NodeError("node_failed", f"Anvil did not come up within {START_SECONDS:.0f} s.")


def _runs(web3: Web3, initcode: str) -> bool:
    provider: Any = web3.provider
    call = {"data": "0x" + initcode, "gas": hex(1_000_000)}
    answer = provider.make_request(RPCEndpoint("eth_call"), [call, "latest"])
    return bool(answer.get("result") == _ONE)
