"""A RewardPools over a `World`, and short ways to open, attest, choose, pay, collect and audit.

Reckoned here, apart from the contract and from `largesse`: typed data, ids, what the currency must hold.
Amounts are base units, times Unix seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from brownie import web3
from eth_abi.abi import decode, encode

from largesse.eip712 import Domain, keccak, sign_digest
from tests.support.certificates import DAY, World
from tests.support.consents import END, ITSELF, OWED_WITHDRAWAL, Consenting, struct_hash

BPS = 10_000
MIN_NOTICE, MAX_NOTICE = DAY, 180 * DAY
MOST = 2**96 - 1
MAX_READ_ID = 2**64 - 1
PURSE = 2**100
"""What each giver of a test has and has approved."""
GIVERS = ("supporter", "giver", "stranger")
FAULTS = (
    "None",
    "ZeroAmount",
    "Expired",
    "NoPayee",
    "RatioOutOfBounds",
    "AlreadyPaid",
    "OverReaderCap",
    "OverPoolCap",
    "OverBudget",
    "NotAttested",
    "NotChosen",
)
"""`IRewardPools.Fault` in its order."""
ROW, SKIPPED_ROW = 72, 5


_POOL = "address sponsor,bytes32 poolId"
_ATTESTATION = "bytes32 poolId,address reader,address author,uint64 readId,uint96 amount,uint40 deadline"
TYPES = {
    "Attestation": _ATTESTATION,
    "OpenPool": "address sponsor,uint96 salt,address attester,uint16 minReaderBps,uint16 maxReaderBps,"
    f"uint96 readerCap,uint96 poolCap,uint24 noticeSeconds,uint96 amount,{END}",
    "FundPool": f"address from,bytes32 poolId,uint96 amount,{END}",
    "ChangeAttester": f"{_POOL},address attester,{END}",
    "AnnounceClosing": f"{_POOL},{END}",
    "CancelClosing": f"{_POOL},{END}",
    "OwedWithdrawal": OWED_WITHDRAWAL,
}
"""The typed data that the contract takes, as its interface documents it; beside them `CHOICE`."""
CHOICE = f"Choice(Attestation attestation,uint16 readerBps)Attestation({_ATTESTATION})"


class State(NamedTuple):
    """`IRewardPools.PoolView`."""

    sponsor: str
    attester: str
    min_reader_bps: int
    max_reader_bps: int
    reader_cap: int
    pool_cap: int
    notice_seconds: int
    funded: int
    spent: int
    spent_today: int
    new_attester: str
    new_attester_at: int
    closes_at: int


class Read(NamedTuple):
    """`IRewardPools.Read`."""

    reader: str
    author: str
    read_id: int
    amount: int
    deadline: int
    reader_bps: int
    attested: bytes
    chosen: bytes


class Row(NamedTuple):
    """A read that was paid, by the log."""

    read_id: int
    reader: str
    author: str
    amount: int
    to_reader: int


class Paid(NamedTuple):
    """What a payment of reads reports: the amount, rows, and place and fault of those skipped."""

    pool_id: bytes
    amount: int
    rows: list[Row]
    skipped: list[tuple[int, str]]


def pool_id_of(sponsor: object, salt: int) -> bytes:
    """The id of the pool that `sponsor` opens with `salt`: keccak256(sponsor ‖ salt)."""
    return keccak(bytes.fromhex(str(sponsor)[2:]) + salt.to_bytes(12, "big"))


@dataclass
class Rewards(Consenting):
    """What a test of the pools works with. Its sponsor is the supporter, its attester the operator, its
    reader the holder and its author the creator, unless told otherwise."""

    NAME = "RewardPools"
    TYPES: ClassVar = TYPES
    SIGNER = "supporter"
    PURSE = PURSE
    world: World
    contract: Any

    # ----------------------------------------------------------------------------------------------- names

    @property
    def sponsor(self) -> Any:
        return self.world.supporter

    @property
    def attester(self) -> Any:
        return self.world.operator

    @property
    def reader(self) -> Any:
        return self.world.holder

    @property
    def author(self) -> Any:
        return self.world.creator

    def pool_id(self, salt: int = 0, sponsor: Any = None) -> bytes:
        return pool_id_of(sponsor or self.sponsor, salt)

    # -------------------------------------------------------------------------------------------- sponsors

    def opening(
        self,
        salt: int = 0,
        *,
        attester: Any = None,
        bounds: tuple[int, int] = (1_000, 9_000),
        reader_cap: int = 500,
        pool_cap: int = 1_000,
        notice: int = 2 * DAY,
    ) -> tuple[Any, ...]:
        """An `Opening`."""
        return (salt, str(attester or self.attester), *bounds, reader_cap, pool_cap, notice)

    def open(self, amount: int = 10_000, salt: int = 0, *, sponsor: Any = None, **opening: Any) -> bytes:
        """A pool, opened by its sponsor; keywords as for `opening`."""
        sponsor = sponsor or self.sponsor
        self.contract.open(self.opening(salt, **opening), amount, {"from": sponsor})
        return self.pool_id(salt, sponsor)

    def fund_pool(self, pool_id: bytes, amount: int, giver: Any = None) -> Any:
        return self.contract.fund(pool_id, amount, {"from": giver or self.giver})

    def change_attester(self, pool_id: bytes, attester: Any) -> Any:
        return self.contract.changeAttester(pool_id, str(attester), ITSELF, {"from": self.sponsor})

    def announce_closing(self, pool_id: bytes) -> Any:
        return self.contract.announceClosing(pool_id, ITSELF, {"from": self.sponsor})

    def cancel_closing(self, pool_id: bytes) -> Any:
        return self.contract.cancelClosing(pool_id, ITSELF, {"from": self.sponsor})

    def close(self, pool_id: bytes) -> Any:
        return self.contract.close(pool_id, {"from": self.relayer})

    # ----------------------------------------------------------------------------------------------- reads

    def read(
        self,
        pool_id: bytes,
        read_id: int,
        amount: int = 100,
        *,
        bps: int = 4_000,
        reader: Any = None,
        author: Any = None,
        deadline: int | None = None,
        attested_by: Any = None,
        chosen_by: Any = None,
        domain: Domain | None = None,
    ) -> Read:
        """A read with both signatures; `attested_by` and `chosen_by` sign instead of attester and reader, and
        `ITSELF` stands for none."""
        reader, author = reader or self.reader, author or self.author
        deadline = self.now() + DAY if deadline is None else deadline
        separator = (domain or self.domain).separator
        attestation = struct_hash(TYPES, "Attestation", pool_id, reader, author, read_id, amount, deadline)
        choice = keccak(encode(["bytes32", "bytes32", "uint16"], [keccak(CHOICE.encode()), attestation, bps]))

        def signed(by: Any, usual: Any, struct: bytes) -> bytes:
            if by is ITSELF:
                return b""
            return sign_digest(keccak(b"\x19\x01" + separator + struct), self.world.key(by or usual))

        return Read(
            str(reader),
            str(author),
            read_id,
            amount,
            deadline,
            bps,
            signed(attested_by, self.attester, attestation),
            signed(chosen_by, reader, choice),
        )

    def pay(self, pool_id: bytes, *reads: Read, sender: Any = None) -> Any:
        return self.contract.pay(pool_id, reads, {"from": sender or self.relayer})

    def pay_one(self, pool_id: bytes, read: Read, sender: Any = None) -> Any:
        return self.contract.payOne(pool_id, read, {"from": sender or self.relayer})

    def collect(self, payee: Any, *pool_ids: bytes, sender: Any = None) -> Any:
        return self.contract.collect(payee, pool_ids, {"from": sender or self.relayer})

    # ------------------------------------------------------------------------------------------- reckoning

    def state(self, pool_id: bytes) -> State:
        return State(*self.contract.pool(pool_id))

    def money(self, pool_id: bytes) -> tuple[int, int]:
        """(funded, spent)."""
        state = self.state(pool_id)
        return (state.funded, state.spent)

    def credit(self, pool_id: bytes, payee: Any) -> int:
        return int(self.contract.credit(pool_id, payee))

    def credits(self, pool_id: bytes) -> tuple[int, int]:
        """What the reader and the author can collect."""
        return (self.credit(pool_id, self.reader), self.credit(pool_id, self.author))

    def spent_today(self, pool_id: bytes, reader: Any = None) -> int:
        return int(self.contract.spentToday(pool_id, reader or self.reader))

    def word(self, slot: int) -> int:
        """A slot of the contract's storage."""
        return int.from_bytes(web3.eth.get_storage_at(self.contract.address, slot), "big")

    def liabilities(self) -> int:
        """What the contract owes by its own books: pools and payees are found in the logs."""
        opened = self._logs("PoolOpened(bytes32,address,address,uint256,uint256,uint256,uint256,uint256)")
        pools = [bytes(log["topics"][1]) for log in opened]
        payees: set[tuple[bytes, str]] = set()
        for log in self._logs("ReadsPaid(bytes32,uint256,bytes,bytes)"):
            for row in _paid(log).rows:
                payees |= {(bytes(log["topics"][1]), who) for who in (row.reader, row.author)}
        money = [self.money(pool) for pool in pools]
        assert all(spent <= funded <= MOST for funded, spent in money)
        left = sum(funded - spent for funded, spent in money)
        return left + sum(self.credit(*one) for one in payees) + int(self.contract.totalOwed())

    def check_books(self) -> None:
        """It holds what it owes, to the unit."""
        assert self.held() == self.liabilities()

    def _logs(self, event: str) -> Sequence[Any]:
        topic = "0x" + keccak(event.encode()).hex()
        return web3.eth.get_logs({"address": self.contract.address, "fromBlock": 0, "topics": [topic]})


def paid(tx: Any) -> Paid:
    """What the one payment of a transaction reports, off the log itself: the contract packs its rows by hand.
    Raises ValueError when there is another number of payments."""
    topic = keccak(b"ReadsPaid(bytes32,uint256,bytes,bytes)")
    logs = web3.eth.get_transaction_receipt(tx.txid)["logs"]
    (log,) = [log for log in logs if bytes(log["topics"][0]) == topic]
    return _paid(log)


def _paid(log: Any) -> Paid:
    amount, rows, skipped = decode(["uint256", "bytes", "bytes"], bytes(log["data"]))
    assert encode(["uint256", "bytes", "bytes"], (amount, rows, skipped)) == bytes(log["data"])
    assert len(rows) % ROW == 0 and len(skipped) % SKIPPED_ROW == 0
    number = int.from_bytes
    return Paid(
        bytes(log["topics"][1]),
        amount,
        [
            Row(
                number(row[:8], "big"),
                web3.to_checksum_address(row[8:28]),
                web3.to_checksum_address(row[28:48]),
                number(row[48:60], "big"),
                number(row[60:], "big"),
            )
            for row in (rows[i : i + ROW] for i in range(0, len(rows), ROW))
        ],
        [
            (number(one[:4], "big"), FAULTS[one[4]])
            for one in (skipped[i : i + SKIPPED_ROW] for i in range(0, len(skipped), SKIPPED_ROW))
        ],
    )
