"""What all links have in common: bytes in the fragment of an address, with version, length and checksum.

Version and length come first and the checksum last: a cut, a newer and an altered link are told apart.
"""

from __future__ import annotations

import base64
import binascii
import re
from urllib.parse import urlsplit

from eth_utils.crypto import keccak

from largesse.bytestream import ByteReader, varint
from largesse.errors import LinkError

_CHECKSUM = 4
_FRAGMENT = re.compile(r"[A-Za-z0-9_-]+")


def check_base_url(base_url: str) -> None:
    """Raise LinkError bad_base_url unless it is an https:// address (http:// on this machine) that a fragment
    can follow.
    """
    parts = urlsplit(base_url)
    local = parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1", "::1")
    if not (parts.scheme == "https" or local) or not parts.hostname:
        raise LinkError("bad_base_url", f"{base_url!r} is no https:// address (http:// only on this machine)")
    if parts.username is not None or "#" in base_url or not base_url.isascii() or not base_url.isprintable():
        raise LinkError(
            "bad_base_url", f"{base_url!r} has a fragment, a user name or a character to be escaped"
        )
    if " " in base_url:
        raise LinkError("bad_base_url", f"{base_url!r} contains a blank")


def frame(version: int, body: bytes) -> str:
    """The fragment that carries `body`."""
    framed = bytes([version]) + varint(len(body)) + body
    framed += keccak(framed)[:_CHECKSUM]
    return base64.urlsafe_b64encode(framed).rstrip(b"=").decode("ascii")


def unframe(version: int, url: str) -> tuple[str, bytes]:
    """The address before the fragment, and the bytes in it. Raises LinkError: link_no_fragment,
    link_bad_character, link_truncated, link_unknown_version, link_trailing, link_tampered, link_malformed.
    """
    base_url, mark, fragment = url.partition("#")
    if not mark or not fragment:
        raise LinkError(
            "link_no_fragment", "the link has nothing after #: it was cut, or a service took it away"
        )
    if _FRAGMENT.fullmatch(fragment) is None:
        stray = next(char for char in fragment if _FRAGMENT.fullmatch(char) is None)
        raise LinkError("link_bad_character", f"the link holds {stray!r}, which no link does")
    return base_url, _unframe(version, _decode_base64(fragment))


def _decode_base64(fragment: str) -> bytes:
    if len(fragment) % 4 == 1:
        raise LinkError("link_truncated", "the link is cut: its length is impossible")
    try:
        return base64.urlsafe_b64decode(fragment + "=" * (-len(fragment) % 4))
    except binascii.Error as error:
        raise LinkError("link_malformed", f"the link is malformed: {error}") from error


def _unframe(version: int, framed: bytes) -> bytes:
    """The body of version, length, body, checksum."""
    if framed[0] != version:
        raise LinkError("link_unknown_version", f"the link has version {framed[0]}, {version} is expected")
    reader = ByteReader(framed[1:])
    length = reader.varint()
    expected = reader.position + 1 + length + _CHECKSUM
    if len(framed) < expected:
        raise LinkError("link_truncated", f"the link is cut: {len(framed)} of {expected} bytes are there")
    if len(framed) > expected:
        raise LinkError("link_trailing", f"{len(framed) - expected} bytes follow the link's end")
    if keccak(framed[:-_CHECKSUM])[:_CHECKSUM] != framed[-_CHECKSUM:]:
        raise LinkError("link_tampered", "the link's checksum is wrong: a character was changed")
    return reader.take(length)
