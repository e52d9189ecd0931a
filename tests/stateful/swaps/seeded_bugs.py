"""Bugs put into the swaps on purpose, one at a time: the machine must notice each of them.

python -m tests.stateful.swaps.seeded_bugs [name …]    prints the table of INVARIANTS.md
"""

from __future__ import annotations

import sys

from tests.stateful.bugs import Bug, caught, print_rows
from tests.stateful.custody.seeded_bugs import CUSTODY_BUGS
from tests.stateful.swaps.machine import live

BUGS = (
    # -------------------------------------------------------------------------------------- locking
    Bug("a lock made twice", "AtomicSwaps", "require(_status[id] == Status.None, Swaps_Exists(id));", ""),
    Bug("a lock made again when it is over", "AtomicSwaps", "require(_status[id] == Status.None,",
        "require(_status[id] != Status.Locked,"),
    Bug("a lock of nothing", "AtomicSwaps", "require(what.amount != 0, Swaps_ZeroAmount());", ""),
    Bug("a lock for nobody", "AtomicSwaps", "what.to != address(0) && what.to != address(this), Custody",
        "what.to != address(this), Custody"),
    Bug("a lock for the contract itself", "AtomicSwaps",
        "what.to != address(0) && what.to != address(this), Custody", "what.to != address(0), Custody"),
    Bug("an end that has come", "AtomicSwaps", "what.expiresAt > block.timestamp && what.expiresAt <= latest",
        "what.expiresAt >= block.timestamp && what.expiresAt <= latest"),
    Bug("an end in any year", "AtomicSwaps", "what.expiresAt > block.timestamp && what.expiresAt <= latest",
        "what.expiresAt > block.timestamp"),
    Bug("a lock as long as its series", "AtomicSwaps", "latest = expiry - 1;", "latest = expiry;"),
    Bug("a lock longer than its series", "AtomicSwaps", "if (what.seriesId != 0) { (uint256 expiry,,)",
        "if (what.seriesId == 0) { (uint256 expiry,,)"),
    Bug("anybody locks a card", "AtomicSwaps",
        "if (signed) _checkConsent(what.from, _structHash(what, consent), consent);", ""),
    Bug("anybody locks money", "AtomicSwaps",
        "if (signed) _pullByConsent(what.from, what.amount, _structHash(what, consent), consent); else", ""),
    Bug("an end that is not part of the id", "AtomicSwaps", "return keccak256(abi.encode(what));",
        "return keccak256(abi.encode(what.from, what.to, what.seriesId, what.amount, what.hash));"),
    Bug("an amount that is not part of the id", "AtomicSwaps", "return keccak256(abi.encode(what));",
        "return keccak256(abi.encode(what.from, what.to, what.seriesId, what.hash, what.expiresAt));"),
    Bug("certificates that nobody locked", "AtomicSwaps",
        "msg.sender == address(_certificates) && operator == address(this)",
        "msg.sender == address(_certificates)"),
    # ------------------------------------------------------------------------------ claimed, refunded
    Bug("claimed twice", "AtomicSwaps", "_status[id] = Status.Claimed;", ""),
    Bug("refunded twice", "AtomicSwaps", "_status[id] = Status.Refunded;", ""),
    Bug("a claim that counts as a refund", "AtomicSwaps", "_status[id] = Status.Claimed;",
        "_status[id] = Status.Refunded;"),
    Bug("claimed without a lock", "AtomicSwaps",
        "require(now_ == Status.Locked, Swaps_NotLocked(id, now_));", "now_;"),
    Bug("claimed in the end's first second", "AtomicSwaps", "require(block.timestamp < what.expiresAt, Swaps",
        "require(block.timestamp <= what.expiresAt, Swaps"),
    Bug("claimed at any time", "AtomicSwaps",
        "require(block.timestamp < what.expiresAt, Swaps_TooLate(what.expiresAt, block.timestamp));", ""),
    Bug("any preimage", "AtomicSwaps",
        "require(hash == what.hash, Swaps_WrongPreimage(hash, what.hash));", ""),
    Bug("another hash", "AtomicSwaps", "sha256(abi.encode(preimage))", "keccak256(abi.encode(preimage))"),
    Bug("refunded a second early", "AtomicSwaps", "require(block.timestamp >= what.expiresAt,",
        "require(block.timestamp + 1 >= what.expiresAt,"),
    Bug("refunded a second late", "AtomicSwaps", "require(block.timestamp >= what.expiresAt,",
        "require(block.timestamp > what.expiresAt,"),
    Bug("claimed for whoever asks", "AtomicSwaps",
        "_checkNamed(CLAIM_TO_TYPEHASH, id, what.to, receiver, consent);", ""),
    Bug("paid back to whoever asks", "AtomicSwaps",
        "_checkNamed(REFUND_TO_TYPEHASH, id, what.from, receiver, consent);", ""),
    Bug("sent to nobody", "AtomicSwaps",
        "require(receiver != address(0) && receiver != address(this), Custody_ZeroAddress());",
        "require(receiver != address(this), Custody_ZeroAddress());"),
    Bug("kept by the contract", "AtomicSwaps",
        "require(receiver != address(0) && receiver != address(this), Custody_ZeroAddress());",
        "require(receiver != address(0), Custody_ZeroAddress());"),
    Bug("a consent to any receiver", "AtomicSwaps",
        "abi.encode(typehash, id, receiver, consent.nonce, consent.deadline)",
        "abi.encode(typehash, id, owner, consent.nonce, consent.deadline)"),
    Bug("a consent to either end", "AtomicSwaps", "_checkNamed(REFUND_TO_TYPEHASH,",
        "_checkNamed(CLAIM_TO_TYPEHASH,"),
    Bug("the other side names the receiver", "AtomicSwaps", "_checkNamed(CLAIM_TO_TYPEHASH, id, what.to,",
        "_checkNamed(CLAIM_TO_TYPEHASH, id, what.from,"),
    Bug("refunded to the recipient", "AtomicSwaps", "_refund(idOf(what), what, what.from);",
        "_refund(idOf(what), what, what.to);"),
    Bug("paid to whoever sends it", "AtomicSwaps", "_payOut(receiver, what.amount);",
        "_payOut(msg.sender, what.amount);"),
    Bug("a card paid in currency", "AtomicSwaps", "if (what.seriesId == 0) _payOut(",
        "if (what.seriesId != type(uint256).max) _payOut("),
    Bug("a claim told of another preimage", "AtomicSwaps", "emit Claimed(id, receiver, preimage);",
        "emit Claimed(id, receiver, hash);"),
    *(bug for bug in CUSTODY_BUGS if bug.file != "common/Service"),
)  # fmt: skip


def caught_by(bug: Bug, seed: int = 0) -> str | None:
    """What the machine said when it noticed the bug, and after how many lives; None when it did not."""
    return caught(bug, "AtomicSwaps", live, seed)


if __name__ == "__main__":
    print_rows(BUGS, caught_by, sys.argv[1:])
