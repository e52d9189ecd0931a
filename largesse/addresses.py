"""Account addresses: always EIP-55, because one wrong digit sends money to nobody."""

from __future__ import annotations

import re

from eth_utils.address import to_checksum_address

from largesse.errors import AddressError

ZERO_ADDRESS = "0x" + "00" * 20

_HEX_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")


def parse_address(text: str, *, allow_zero: bool = False) -> str:
    """Return `text` if it is an address in EIP-55 spelling.

    An address in one letter case only carries no checksum and is refused: the error tells the checksummed
    spelling, to be compared with the source. Raises AddressError: bad_address, unchecksummed_address,
    bad_checksum, zero_address.
    """
    if _HEX_ADDRESS.fullmatch(text) is None:
        raise AddressError(
            "bad_address", f"{text[:60]!r} is no address: 0x and 40 hexadecimal digits are expected"
        )
    checksummed: str = to_checksum_address(text)
    if text != checksummed:
        digits = text[2:]
        if digits in (digits.lower(), digits.upper()):
            raise AddressError(
                "unchecksummed_address",
                f"{text} carries no EIP-55 checksum; if it is right, write {checksummed}",
            )
        raise AddressError(
            "bad_checksum", f"{text} fails its EIP-55 checksum; a digit or a letter's case is wrong"
        )
    if checksummed == ZERO_ADDRESS and not allow_zero:
        raise AddressError("zero_address", "the zero address belongs to nobody")
    return checksummed


def address_bytes(address: str) -> bytes:
    """The 20 bytes of a parsed address."""
    return bytes.fromhex(address[2:])


def address_from_bytes(raw: bytes) -> str:
    """The EIP-55 spelling of 20 bytes. Raises AddressError bad_address for another length."""
    if len(raw) != 20:
        raise AddressError("bad_address", f"{len(raw)} bytes are no address: 20 are expected")
    checksummed: str = to_checksum_address(raw)
    return checksummed
