"""What is signed, in a file: numbers in plain digits, bytes after 0x."""

from __future__ import annotations


def number(text: str) -> int:
    """Raises ValueError."""
    if not (isinstance(text, str) and text.isascii() and text.isdigit()):
        raise ValueError(f"{text!r} is not a number in plain digits")
    return int(text)


def octets(text: str) -> bytes:
    """Raises ValueError, AttributeError where it is no text."""
    if not text.startswith("0x"):
        raise ValueError(f"{text!r} does not begin with 0x")
    return bytes.fromhex(text[2:])
