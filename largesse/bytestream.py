"""Compact bytes for links: LEB128 numbers, and a reader that never runs past the end unnoticed."""

from __future__ import annotations

from largesse.addresses import address_from_bytes
from largesse.errors import LinkError

_MAX_VARINT_BYTES = 37  # 256 bits in groups of seven


def varint(number: int) -> bytes:
    """LEB128: seven bits a byte, least significant first, the high bit set on all but the last."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


class ByteReader:
    """Takes fields off the front of some bytes. Raises LinkError link_truncated, link_malformed."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self.position = 0

    def take(self, count: int) -> bytes:
        end = self.position + count
        if end > len(self._raw):
            raise LinkError("link_truncated", f"the link is cut: byte {end} of {len(self._raw)} is missing")
        taken = self._raw[self.position : end]
        self.position = end
        return taken

    def byte(self) -> int:
        return self.take(1)[0]

    def word(self) -> int:
        """A 256-bit number, big-endian."""
        return int.from_bytes(self.take(32), "big")

    def address(self) -> str:
        return address_from_bytes(self.take(20))

    def varint(self) -> int:
        """A number of at most 256 bits in its shortest form."""
        number = shift = 0
        while True:
            part = self.byte()
            number |= (part & 0x7F) << shift
            shift += 7
            if not part & 0x80:
                break
            if shift >= 7 * _MAX_VARINT_BYTES:
                raise LinkError("link_malformed", "the link holds a number that is too long")
        if number >= 2**256 or (part == 0 and shift > 7):
            raise LinkError("link_malformed", "the link holds a number that is too large or padded")
        return number

    def finish(self) -> None:
        if self.position != len(self._raw):
            raise LinkError(
                "link_malformed", f"{len(self._raw) - self.position} bytes of the link mean nothing"
            )
