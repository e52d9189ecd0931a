"""Try something on the chain and take it back, within a test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from brownie import history, web3


@contextmanager
def rehearsal() -> Iterator[None]:
    """What happens on the chain within is undone at the end, also its time.

    Brownie's own `chain.revert` goes back to its last snapshot, which is the one that isolates the test.
    """
    snapshot = web3.provider.make_request("evm_snapshot", [])["result"]
    try:
        yield
    finally:
        web3.provider.make_request("evm_revert", [snapshot])
        history.clear()  # or Brownie would wait for the nonces that were
