"""What a node's error says of a call: what a contract reverted with, or that the node did not get so far."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from json import JSONDecodeError
from typing import Any, Final, NamedTuple

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_utils.abi import collapse_if_tuple
from requests.exceptions import RequestException
from web3 import Web3
from web3.exceptions import (
    BadResponseFormat,
    ContractLogicError,
    ProviderConnectionError,
    TooManyRequests,
    Web3RPCError,
)

from largesse.artifacts import known_errors
from largesse.errors import visible

_BUILTIN: Final = {
    bytes.fromhex("08c379a0"): {"name": "Error", "inputs": [{"name": "message", "type": "string"}]},
    bytes.fromhex("4e487b71"): {"name": "Panic", "inputs": [{"name": "code", "type": "uint256"}]},
}
# What comes of a node, and says nothing of the call but where these words are in it.
_NO_ANSWER: Final = (
    Web3RPCError,
    TooManyRequests,
    ProviderConnectionError,
    BadResponseFormat,
    RequestException,
    JSONDecodeError,
)
_FAILED_CALL: Final = (
    "revert",
    "evm error",
    "vm execution error",
    "out of gas",
    "gas required exceeds",
    "intrinsic gas",
    "invalid opcode",
    "invalid jump",
    "stack underflow",
    "stack limit",
)


class Reverted(NamedTuple):
    """A contract's error: its name, what it says in words, and its values."""

    name: str
    message: str
    values: tuple[Any, ...] = ()


def reverted(error: BaseException) -> Reverted | None:
    """What a contract reverted with, by the data of an error or of what it came of; None where there
    are none."""
    for link in _links(error):
        data = _revert_data(link)
        if data:
            return _decoded(data)
    return None


def is_no_answer(error: BaseException) -> bool:
    """Whether it comes of the node, and says nothing of the call."""
    if not isinstance(error, _NO_ANSWER):
        return False
    text = str(error).lower()
    return not isinstance(error, Web3RPCError) or not any(word in text for word in _FAILED_CALL)


def _decoded(data: bytes) -> Reverted:
    item = (_BUILTIN | known_errors()).get(data[:4])
    try:
        if item is None:
            raise ValueError("no error that is known")
        values = decode([collapse_if_tuple(part) for part in item["inputs"]], data[4:])
    except (DecodingError, ValueError, OverflowError):
        return Reverted("unknown_error", f"reverted with 0x{data.hex()}")
    shown = ", ".join(
        f"{part['name']} {_text(value)}" for part, value in zip(item["inputs"], values, strict=True)
    )
    return Reverted(item["name"], f"refused: {item['name']}({visible(shown)})", values)


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return (
            "0x" + value.hex() if any(b > 126 or 0 < b < 32 for b in value) else value.rstrip(b"\0").decode()
        )
    return Web3.to_checksum_address(value) if isinstance(value, str) and len(value) == 42 else str(value)


def _links(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _revert_data(error: BaseException) -> bytes:
    data: Any = getattr(error, "data", None) if isinstance(error, ContractLogicError) else None
    if data is None:
        answer = getattr(error, "rpc_response", None) or {}
        data = answer.get("error", {}).get("data") if isinstance(answer, dict) else None
    if isinstance(data, str) and data.startswith("0x"):
        with suppress(ValueError):  # nodes say what they like
            return bytes.fromhex(data[2:])
    return b""
