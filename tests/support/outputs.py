"""What a mined call returned, without the trace of its every step that Brownie's `return_value` asks for."""

from __future__ import annotations

from typing import Any

from tests.support.errors import top_call


def returned(tx: Any) -> int:
    """The one word that the transaction's call returned. Raises ValueError when it returned anything else."""
    output = bytes.fromhex(str(top_call(tx.txid).get("output", "0x"))[2:])
    if len(output) != 32:
        raise ValueError(f"{tx.txid} returned {len(output)} bytes, not one word")
    return int.from_bytes(output, "big")
