"""The contract, and stand-ins for what it reads: contracts that answer one thing to each question."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from brownie import web3
from eth_utils import keccak


@pytest.fixture(scope="module")
def card_art(CardArt: Any, accounts: Any) -> Any:  # noqa: N803
    return accounts[0].deploy(CardArt)


@pytest.fixture
def install() -> Callable[[bytes], str]:
    """Puts code at a fresh address: for contracts too odd for a compiler."""
    count = 0

    def put(code: bytes) -> str:
        nonlocal count
        count += 1
        address = web3.to_checksum_address(keccak(text=f"stand-in {count}")[12:])
        assert "error" not in web3.provider.make_request("anvil_setCode", [address, "0x" + code.hex()])
        return str(address)

    return put


@pytest.fixture
def answering(install: Callable[[bytes], str]) -> Callable[[dict[str, bytes]], str]:
    """A contract that answers each function of a table with the bytes beside it and reverts on any other."""
    return lambda answers: install(_answering(answers))


def _answering(answers: dict[str, bytes]) -> bytes:
    # The selector: PUSH0 CALLDATALOAD PUSH1 224 SHR.
    head = bytes.fromhex("5f3560e01c")
    body_at = len(head) + 11 * len(answers) + 3
    data_at = body_at + 14 * len(answers)
    jumps = bodies = data = b""
    for signature, answer in answers.items():
        # DUP1 PUSH4 selector EQ PUSH2 body JUMPI
        jumps += (
            b"\x80\x63" + keccak(text=signature)[:4] + b"\x14\x61" + _u16(body_at + len(bodies)) + b"\x57"
        )
        # JUMPDEST PUSH2 size PUSH2 from PUSH0 CODECOPY PUSH2 size PUSH0 RETURN
        size = _u16(len(answer))
        bodies += (
            b"\x5b\x61" + size + b"\x61" + _u16(data_at + len(data)) + b"\x5f\x39\x61" + size + b"\x5f\xf3"
        )
        data += answer
    # PUSH0 PUSH0 REVERT
    return head + jumps + bytes.fromhex("5f5ffd") + bodies + data


def _u16(number: int) -> bytes:
    return number.to_bytes(2, "big")
