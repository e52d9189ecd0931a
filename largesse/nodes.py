"""What the contracts ask of a node, checked before anything is sent to it."""

from __future__ import annotations

from typing import Any

from web3 import Web3
from web3.types import RPCEndpoint

from largesse.errors import LargesseError

# Initcode for an eth_call without `to`: its last part returns the word 1. Both opcodes came with Cancun.
_TSTORE_AND_MCOPY = "600160005d" + "6000600060005e"
_RETURN_ONE = "600160005260206000f3"
_ONE = "0x" + "00" * 31 + "01"


class NodeError(LargesseError):
    """A node can't run the contracts, or none can tell.

    `reason`: node_too_old, node_unclear.
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


def _runs(web3: Web3, initcode: str) -> bool:
    provider: Any = web3.provider
    call = {"data": "0x" + initcode, "gas": hex(1_000_000)}
    answer = provider.make_request(RPCEndpoint("eth_call"), [call, "latest"])
    return bool(answer.get("result") == _ONE)
