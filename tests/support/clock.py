"""The chain's clock, to the second."""

from collections.abc import Iterator
from contextlib import contextmanager

from brownie import web3


class ClockError(RuntimeError):
    """The node refused a timestamp."""


def chain_now() -> int:
    """The latest block's timestamp, in Unix seconds: what `block.timestamp` is in a call."""
    return int(web3.eth.get_block("latest")["timestamp"])


def at(timestamp: int) -> int:
    """Let the next transaction's block carry exactly `timestamp` (Unix seconds); returns it.

    Calls still see the latest block: `mine_at` moves them. Raises `ClockError` when `timestamp` is before the
    latest block's.
    """
    _request("evm_setNextBlockTimestamp", timestamp)
    return timestamp


def mine_at(timestamp: int) -> int:
    """Mine an empty block with exactly `timestamp` (Unix seconds), so that calls see it; returns it.

    Raises `ClockError` when `timestamp` is before the latest block's.
    """
    at(timestamp)
    _request("evm_mine")
    return timestamp


def later(seconds: int) -> int:
    """Mine an empty block `seconds` after the latest one; returns its timestamp."""
    return mine_at(chain_now() + seconds)


@contextmanager
def no_mining() -> Iterator[None]:
    """Transactions wait until somebody mines; those that still do in the end are dropped."""
    _request("evm_setAutomine", False)
    try:
        yield
    finally:
        # First dropped: one that a block takes a moment later would be in the next test's chain.
        _request("anvil_dropAllTransactions")
        _request("evm_setAutomine", True)


@contextmanager
def still() -> Iterator[None]:
    """Within, time passes only by `at`, `mine_at` and `later`: a block has the time of the one before it."""
    _request("anvil_setBlockTimestampInterval", 0)
    try:
        yield
    finally:
        _request("anvil_removeBlockTimestampInterval")


def _request(method: str, *params: int) -> None:
    answer = web3.provider.make_request(method, list(params))
    if "error" in answer:
        raise ClockError(
            f"{method}{params}: {answer['error']['message']}; the latest block is at {chain_now()}"
        )
