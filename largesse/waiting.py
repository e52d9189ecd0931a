"""Transactions of an account that no block has taken yet, or that a re-org could still take back."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from web3 import Web3

from largesse.amounts import format_amount
from largesse.chain import ChainError, Fees, Node, SignedTransaction, Wallet, still_waiting

RAISE_PERCENT: Final = 25
"""Nodes take a replacement that pays at least a tenth more."""


@dataclass(frozen=True)
class Sent:
    """How many transactions an account has sent: final ones, those in a block, and all that a node knows."""

    final: int
    mined: int
    known: int

    @property
    def waiting(self) -> int:
        """How many are in no block yet."""
        return max(0, self.known - self.mined)


def sent_by(node: Node, account: str) -> Sent:
    """What the node knows of the account now."""
    address = Web3.to_checksum_address(account)
    final = node.final_nonce(account)
    mined = int(node.web3.eth.get_transaction_count(address, "latest"))
    return Sent(final, mined, int(node.web3.eth.get_transaction_count(address, "pending")))


def require_nothing_waiting(node: Node, wallet: Wallet) -> None:
    """Make sure that a run that was interrupted left nothing under way, which would be sent twice.

    Raises ChainError waiting.
    """
    if waiting := sent_by(node, wallet.address).waiting:
        raise still_waiting(wallet, waiting)


def await_final(node: Node, account: str, seconds: float | None = None) -> None:
    """Wait until all that the account has sent is under enough blocks, `node.final_seconds` at most unless
    `seconds` are given. Raises ChainError unconfirmed."""
    seconds = node.final_seconds if seconds is None else seconds
    end = time.monotonic() + seconds
    while (sent := sent_by(node, account)).final < sent.known:
        if time.monotonic() > end:
            raise ChainError(
                "unconfirmed",
                f"{sent.known - sent.final} transactions of {account} are not under {node.confirmations} "
                f"blocks after {seconds:.0f} s: run this again later",
            )
        time.sleep(node.poll_seconds)


def replace_first(node: Node, wallet: Wallet, most_fee: int) -> SignedTransaction:
    """Send an empty payment to the wallet itself in place of its first waiting transaction, at the lowest
    price that the node takes for it. Of the two, one is mined.

    `most_fee`: wei a unit of gas at most. Raises ChainError nothing_waiting, too_dear, not_sent.
    """
    sent = sent_by(node, wallet.address)
    if not sent.waiting:
        raise ChainError("nothing_waiting", f"all that {wallet.name} has sent is in a block")
    gas = node.estimate(wallet, wallet.address, b"")
    fees = node.fees()
    while fees.most <= most_fee:
        signed = node.sign(wallet, wallet.address, b"", nonce=sent.mined, gas=gas, fees=fees)
        try:
            node.broadcast(signed.raw)
        except ChainError as error:
            if "underpriced" not in str(error):
                raise
            fees = _raised(fees)
        else:
            return signed
    raise ChainError(
        "too_dear", f"the node wants {gwei(fees.most)} or more for it, and {gwei(most_fee)} are allowed"
    )


def _raised(fees: Fees) -> Fees:
    raised = fees.raised(RAISE_PERCENT)
    return Fees(raised.most + 1, raised.tip + 1)  # also from 0


def gwei(wei: int) -> str:
    """A price of gas as people write it, "0.05 gwei"."""
    return f"{format_amount(wei, 9)} gwei"


def ether(wei: int) -> str:
    """An amount of the chain's own money: "0.1234 ether"."""
    return f"{format_amount(wei, 18)} ether"
