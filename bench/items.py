"""Where a transaction's gas goes, item by item, from the node's trace of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from web3 import Web3
from web3.types import RPCEndpoint

INTRINSIC: Final = 21_000
CALLDATA: Final = (4, 16)  # a zero byte, another one (EIP-2028)
KINDS: Final = (
    "sending, calldata",
    "slots, cold",
    "slots, written",
    "events",
    "ecrecover",
    "currency",
    "code look-up",
    "refund",
    "own work",
)
_CALLS: Final = ("CALL", "STATICCALL", "DELEGATECALL")


def trace(web3: Web3, transaction: str) -> list[Any]:
    """The steps of a transaction. Raises ValueError when the node gives none."""
    provider: Any = web3.provider
    answer = provider.make_request(
        RPCEndpoint("debug_traceTransaction"), [transaction, {"disableMemory": True}]
    )
    steps: list[Any] = answer.get("result", {}).get("structLogs")
    if not steps:
        raise ValueError(f"no trace of {transaction}: {answer.get('error')}")
    return steps


def paid(steps: Sequence[Any]) -> Iterator[tuple[Any, int, str]]:
    """Each step of the contract itself with its gas and which of `KINDS` it is; a call counts whole, with
    what it does."""
    own = [step for step in steps if step["depth"] == steps[0]["depth"]]
    for step, after in zip(own, [*own[1:], None], strict=True):
        # Of a call, all that is gone when the contract goes on.
        cost = step["gas"] - after["gas"] if after else step["gasCost"]
        yield step, cost, _kind(step)


def items(web3: Web3, transaction: str) -> dict[str, int]:
    """Gas of each of `KINDS`; they add up to the receipt's `gasUsed`.

    "Own work" is all other opcodes of the contract itself; the refund (EIP-3529) is what the receipt has
    less. Raises ValueError when the node gives no trace, or less.
    """
    data = bytes(web3.eth.get_transaction(transaction)["input"])  # type: ignore[arg-type]
    zeros = data.count(0)
    found = dict.fromkeys(KINDS, 0)
    found["sending, calldata"] = INTRINSIC + CALLDATA[0] * zeros + CALLDATA[1] * (len(data) - zeros)
    for _, cost, kind in paid(trace(web3, transaction)):
        found[kind] += cost
    found["refund"] = web3.eth.get_transaction_receipt(transaction)["gasUsed"] - sum(found.values())  # type: ignore[arg-type]
    if found["refund"] > 0:
        raise ValueError(f"the trace of {transaction} lacks {found['refund']} gas")
    return found


def _kind(step: Any) -> str:
    op = step["op"]
    if op in _CALLS:
        return "ecrecover" if int(step["stack"][-2], 16) == 1 else "currency"
    if op == "SLOAD":
        return "slots, cold" if step["gasCost"] > 100 else "own work"
    if op == "SSTORE":
        return "slots, written"
    if op.startswith("LOG"):
        return "events"
    return "code look-up" if op == "EXTCODESIZE" else "own work"
