"""Bugs put into the reward pools on purpose, one at a time: the machine must notice each of them.

python -m tests.stateful.pools.seeded_bugs [name …]    prints the table of INVARIANTS.md
"""

from __future__ import annotations

import sys

from tests.stateful.bugs import Bug, caught, print_rows
from tests.stateful.custody.seeded_bugs import CUSTODY_BUGS
from tests.stateful.pools.machine import live

BUGS = (
    # ---------------------------------------------------------------------------------------- reads
    Bug("a read paid twice", "rewards/Reads", "paid[read.readId >> 8] = reads | bit;", "reads; bit;"),
    Bug("reads forgotten by another of their slot", "rewards/Reads",
        "paid[read.readId >> 8] = reads | bit;", "paid[read.readId >> 8] = bit;"),
    Bug("a read of nothing", "rewards/Reads", "if (amount == 0) return (Fault.ZeroAmount, 0);", ""),
    Bug("a read at its deadline", "rewards/Reads",
        "block.timestamp >= read.deadline", "block.timestamp > read.deadline"),
    Bug("a read for nobody", "rewards/Reads",
        "return payee != address(0) && payee != address(this);", "return payee != address(this);"),
    Bug("a read for the pools themselves", "rewards/Reads",
        "return payee != address(0) && payee != address(this);", "return payee != address(0);"),
    Bug("a share below the bounds", "rewards/Reads",
        "toReader < till.minReaderBps || toReader > till.maxReaderBps", "toReader > till.maxReaderBps"),
    Bug("a share above the bounds", "rewards/Reads",
        "toReader < till.minReaderBps || toReader > till.maxReaderBps", "toReader < till.minReaderBps"),
    Bug("dust to the reader", "rewards/Reads",
        "toReader = amount * toReader / BPS;", "toReader = (amount * toReader + BPS - 1) / BPS;"),
    Bug("dust to nobody", "rewards/Reads",
        "credited(amount - toReader, 0, till.day)",
        "credited(amount * (BPS - read.readerBps) / BPS, 0, till.day)"),
    Bug("over the reader's cap", "rewards/Reads",
        "if (purse.spentOn(till.day) + amount > till.readerCap) return (Fault.OverReaderCap, 0);", ""),
    Bug("the reader's cap less one", "rewards/Reads",
        "purse.spentOn(till.day) + amount > till.readerCap",
        "purse.spentOn(till.day) + amount >= till.readerCap"),
    Bug("over the pool's cap", "rewards/Reads",
        "if (amount > till.leftToday) return (Fault.OverPoolCap, 0);", ""),
    Bug("over the pool's cap within a batch", "rewards/Reads", "till.leftToday -= amount;", ""),
    Bug("over the pool's money", "rewards/Reads",
        "if (amount > till.left) return (Fault.OverBudget, 0);", ""),
    Bug("over the pool's money within a batch", "rewards/Reads", "till.left -= amount;", ""),
    Bug("the reader's share counted alone", "rewards/Reads",
        "purse.credited(toReader, amount, till.day)", "purse.credited(toReader, toReader, till.day)"),
    Bug("an author's credit counted as its read", "rewards/Reads",
        "credited(amount - toReader, 0, till.day)", "credited(amount - toReader, amount, till.day)"),
    Bug("the author's purse read too early", "rewards/Reads",
        "if (toReader != amount) purses[author] = purses[author].credited(amount - toReader, 0, till.day);",
        "if (toReader != amount) purses[author] = (author == reader ? purse : purses[author])"
        ".credited(amount - toReader, 0, till.day);"),
    Bug("a day never renewed", "types/Purse",
        "return Purse.unwrap(self) >> 192 == day ? uint96(Purse.unwrap(self) >> 96) : 0;",
        "day; return uint96(Purse.unwrap(self) >> 96);"),
    Bug("a pool's day never renewed", "rewards/Reads",
        "(found.day == till.day ? found.spentThatDay : 0) + more", "found.spentThatDay + more"),
    Bug("a pool's day not noted", "rewards/Reads", "found.day = uint32(till.day);", ""),
    Bug("days from noon", "rewards/PoolLedger",
        "return uint32(block.timestamp / 1 days);", "return uint32((block.timestamp + 12 hours) / 1 days);"),
    Bug("spent not noted", "rewards/Reads", "found.spent += more;", ""),
    Bug("anybody attests", "rewards/Reads",
        "bool attests = read.attested.length == 0 && msg.sender == till.attester;",
        "bool attests = read.attested.length == 0;"),
    Bug("anybody chooses", "rewards/Reads",
        "bool chooses = read.chosen.length == 0 && msg.sender == read.reader;",
        "bool chooses = read.chosen.length == 0;"),
    Bug("a reader's call is its attestation", "rewards/Reads", "return Fault.NotAttested;",
        "if (!chooses) return Fault.NotAttested;"),
    Bug("an attestation of any amount", "rewards/Reads",
        "read.author, read.readId, read.amount, read.deadline",
        "read.author, read.readId, uint256(1), read.deadline"),
    Bug("an attestation of any pool", "rewards/Reads",
        "ATTESTATION_TYPEHASH, till.poolId,", "ATTESTATION_TYPEHASH, bytes32(0),"),
    Bug("a choice of any share", "rewards/Reads",
        "abi.encode(CHOICE_TYPEHASH, attestation, read.readerBps)",
        "abi.encode(CHOICE_TYPEHASH, attestation, uint256(0))"),
    Bug("the next attester's word at once", "rewards/Reads",
        "till.attester = _isChanged(found.newAttesterAt) ? found.newAttester : found.attester;",
        "till.attester = found.newAttesterAt != 0 ? found.newAttester : found.attester;"),
    Bug("the old attester's word for ever", "rewards/Reads",
        "till.attester = _isChanged(found.newAttesterAt) ? found.newAttester : found.attester;",
        "till.attester = found.attester;"),
    Bug("reads of a closed pool", "rewards/Reads",
        "require(closesAt == 0 || block.timestamp < closesAt, Pools_Closed(poolId, closesAt));", "closesAt;"),
    Bug("a skipped read told of another place", "rewards/Reads",
        "or(shl(8, given), fault)", "or(shl(8, row), fault)"),
    Bug("a credit collected twice", "rewards/Reads", "_purses[poolIds[i]][payee] = purse.collected();", ""),
    Bug("collecting forgets the day", "types/Purse",
        "Purse.unwrap(self) & ~uint256(type(uint96).max)", "self.credit() & 0"),
    Bug("collected by whoever asks", "rewards/Reads",
        "_payOut(payee, amount);", "_payOut(msg.sender, amount);"),
    # ------------------------------------------------------------------------------------- sponsors
    Bug("a pool opened again", "rewards/Sponsors",
        "require(made.sponsor == address(0), Pools_Exists(poolId));", ""),
    Bug("a closing without notice", "rewards/Sponsors",
        "closesAt = block.timestamp + found.noticeSeconds;", "closesAt = block.timestamp + 1;"),
    Bug("closed within the notice", "rewards/Sponsors",
        "require(block.timestamp >= closesAt, Pools_NotYet(closesAt, block.timestamp));", ""),
    Bug("closed twice", "rewards/Sponsors", "found.funded = spent;", ""),
    Bug("closed for whoever asks", "rewards/Sponsors",
        "_payOut(found.sponsor, amount);", "_payOut(msg.sender, amount);"),
    Bug("reopened after its end", "rewards/Sponsors",
        "require(block.timestamp < closesAt, Pools_Closed(poolId, closesAt));", ""),
    Bug("money for a pool that ends", "rewards/Sponsors",
        "require(found.closesAt == 0, Pools_Closing(poolId, found.closesAt)); uint96 most",
        "uint96 most"),
    Bug("anybody names the attester", "rewards/Sponsors",
        "if (!_isOwnCall(sponsor, consent)) {", "if (false) {"),
    Bug("anybody closes", "rewards/Sponsors", "if (_isOwnCall(sponsor, consent)) return found;",
        "if (consent.nonce != type(uint64).max) return found;"),
    Bug("an attester whose notice is over is forgotten", "rewards/Sponsors",
        "found.attester = found.newAttester;", ""),
    *(bug for bug in CUSTODY_BUGS if bug.file != "common/Service"),
)  # fmt: skip


def caught_by(bug: Bug, seed: int = 0) -> str | None:
    """What the machine said when it noticed the bug, and after how many lives; None when it did not."""
    return caught(bug, "RewardPools", live, seed)


if __name__ == "__main__":
    print_rows(BUGS, caught_by, sys.argv[1:])
