"""What the chain-free tests share: asserting a typed refusal, and accounts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from largesse.errors import LargesseError

ISSUER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
MERCHANT = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"
HOLDER = "0x90F79bf6EB2c4f870365E785982E1f101E93b906"
CONTRACT = "0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65"
ZERO = "0x0000000000000000000000000000000000000000"


@contextmanager
def refused(kind: type[LargesseError], reason: str, *mentions: object) -> Iterator[None]:
    """The block must raise `kind` with exactly this reason, and its message must name every value in
    `mentions`.
    """
    with pytest.raises(kind) as caught:
        yield
    assert caught.value.reason == reason, str(caught.value)
    for mention in mentions:
        assert str(mention) in str(caught.value)
