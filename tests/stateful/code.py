"""Two small programs in EVM code: an account that does as it is told, and a reader of many views in one
call."""

from __future__ import annotations

from eth_utils.crypto import keccak

OPS = {
    "STOP": 0x00, "ADD": 0x01, "SUB": 0x03, "LT": 0x10, "GT": 0x11, "EQ": 0x14, "ISZERO": 0x15, "SHL": 0x1B,
    "SHR": 0x1C, "KECCAK256": 0x20, "CALLER": 0x33, "CALLDATALOAD": 0x35, "CALLDATASIZE": 0x36,
    "CALLDATACOPY": 0x37, "RETURNDATASIZE": 0x3D, "RETURNDATACOPY": 0x3E, "POP": 0x50, "MSTORE": 0x52,
    "SLOAD": 0x54, "SSTORE": 0x55, "JUMP": 0x56, "JUMPI": 0x57, "GAS": 0x5A, "PUSH0": 0x5F, "DUP1": 0x80,
    "DUP2": 0x81, "DUP3": 0x82, "DUP6": 0x85, "SWAP1": 0x90, "SWAP2": 0x91, "CALL": 0xF1, "RETURN": 0xF3,
    "STATICCALL": 0xFA, "REVERT": 0xFD,
}  # fmt: skip
ON_REDEMPTION = "onRedemption(address,uint256,uint64,(address,uint256,uint256)[],bytes)"
ROW_IN, ROW_OUT = 132, 448  # target and up to three arguments in; up to 14 words out


def assemble(text: str) -> bytes:
    """Code of a program: words are opcodes, `0x…` pushes those bytes, `@x` pushes a place, `:x` is that
    place."""
    places: dict[str, int] = {}
    parts: list[bytes | str] = []
    size = 0
    for word in text.split():
        part: bytes | str
        if word.startswith("0x"):
            data = bytes.fromhex(word[2:])
            part = bytes([0x5F + len(data)]) + data
        elif word.startswith("@"):
            part = word
        elif word.startswith(":"):
            places[word[1:]] = size
            part = b"\x5b"
        else:
            part = bytes([OPS[word]])
        parts.append(part)
        size += 3 if isinstance(part, str) else len(part)
    return b"".join(
        b"\x61" + places[part[1:]].to_bytes(2, "big") if isinstance(part, str) else part for part in parts
    )


def account_code(owner: str) -> bytes:
    """A contract account. It answers every call with that call's selector, which accepts a certificate, a
    payment into a service (slot 0 keeps the hash of that call's data) or a signature; or with slot 1, when
    that is set.

    Its owner sends `target ‖ data` to have it call, or 32 zero bytes and a word to set slot 1.
    """
    return assemble(f"""
        CALLER {owner} EQ @owner JUMPI
        PUSH0 CALLDATALOAD 0xe0 SHR 0x{keccak(text=ON_REDEMPTION)[:4].hex()} EQ ISZERO @answer JUMPI
        CALLDATASIZE PUSH0 PUSH0 CALLDATACOPY CALLDATASIZE PUSH0 KECCAK256 PUSH0 SSTORE
        :answer 0x01 SLOAD DUP1 ISZERO @echo JUMPI
        PUSH0 MSTORE 0x20 PUSH0 RETURN
        :echo POP PUSH0 CALLDATALOAD 0xe0 SHR 0xe0 SHL PUSH0 MSTORE 0x20 PUSH0 RETURN
        :owner PUSH0 CALLDATALOAD DUP1 ISZERO @set JUMPI
        0x20 CALLDATASIZE SUB DUP1 0x20 PUSH0 CALLDATACOPY
        PUSH0 PUSH0 SWAP2 PUSH0 PUSH0 DUP6 GAS CALL
        RETURNDATASIZE PUSH0 PUSH0 RETURNDATACOPY @good JUMPI
        RETURNDATASIZE PUSH0 REVERT
        :good RETURNDATASIZE PUSH0 RETURN
        :set 0x20 CALLDATALOAD 0x01 SSTORE STOP
    """)


def reader_code(*, hashed: bool) -> bytes:
    """Reads rows of `target 32 ‖ call data 100` from its call data and returns 448 bytes of each answer,
    zero-padded; or the keccak256 of that."""
    last = "SWAP1 SUB 0x80 KECCAK256 PUSH0 MSTORE 0x20 PUSH0 RETURN" if hashed else "SWAP1 SUB 0x80 RETURN"
    return assemble(f"""
        PUSH0 0x80
        :loop DUP2 CALLDATASIZE GT ISZERO @end JUMPI
        0x64 DUP3 0x20 ADD PUSH0 CALLDATACOPY
        0x{ROW_OUT:04x} DUP2 0x64 PUSH0 DUP6 CALLDATALOAD GAS STATICCALL POP
        0x{ROW_OUT:04x} ADD SWAP1 0x84 ADD SWAP1 @loop JUMP
        :end 0x80 {last}
    """)
