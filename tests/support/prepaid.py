"""A PrepaidAccounts over a `World`, and short ways to open, sign, settle, redeem and audit.

Reckoned here, apart from the contract and from `largesse`: typed data, indices, what the currency must hold.
Sums are micro-units and called `micros`, or base units and called `amount`. Times are Unix seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from brownie import web3
from eth_abi.abi import decode, encode

from largesse.eip712 import address_of, keccak, sign_digest
from largesse.vouchers import SignedLockedVoucher, SignedVoucher, lock_of, rows
from tests.support.certificates import DAY, World
from tests.support.consents import END, ITSELF, OWED_WITHDRAWAL, Consenting

HOUR = 3_600
MIN_DELAY, MAX_DELAY = HOUR, 180 * DAY
MAX_DEPOSIT = 2**47 - 1
MAX_INDEX = 2**64 - 1
MAX_SALT = 2**96 - 1
PURSE = 2**120
"""What each payer of a test has and has approved."""
PAYERS = ("agent", "holder", "giver", "supporter", "stranger")
USES = ("Open", "TopUp")
"""`IPrepaidAccounts.Use` in its order."""
ROW, LOCKED_ROW = 78, 115

Key = tuple[str, int]
"""An account: its counterparty and index."""

_KEY = "address counterparty,uint64 index"
TYPES = {
    "Voucher": "address counterparty,address currency,uint64 index,uint48 amount",
    "LockedVoucher": "address counterparty,address currency,uint64 index,uint48 amount,"
    "bytes32 lock,uint40 expiresAt",
    "OpenAccount": "address owner,address counterparty,uint96 salt,address signer,uint24 delaySeconds,"
    f"uint40 expiresAt,uint96 amount,{END}",
    "TopUpAccount": f"address from,{_KEY},uint96 amount,{END}",
    "RequestWithdrawal": f"address owner,{_KEY},{END}",
    "CancelWithdrawal": f"address owner,{_KEY},{END}",
    "Withdraw": f"address owner,{_KEY},{END}",
    "RequestSigner": f"address owner,{_KEY},address signer,{END}",
    "ChangeSigner": f"address owner,{_KEY},{END}",
    "OwedWithdrawal": OWED_WITHDRAWAL,
}
"""The typed data that the contract takes, as its interface documents it."""


class State(NamedTuple):
    """`IPrepaidAccounts.AccountView`."""

    owner: str
    signer: str
    deposit: int
    paid: int
    delay_seconds: int
    expires_at: int
    series_id: int
    withdrawable_at: int
    new_signer: str
    new_signer_at: int


class Settled(NamedTuple):
    """What a settlement reports: base units, the rows that were booked, the places of those that were not."""

    payout: int
    rows: list[tuple[int, int]]
    skipped: list[int]


def index_of(owner: object, salt: int) -> int:
    """The index of the account that `owner` opens with `salt`: 64 bits of keccak256(owner ‖ salt)."""
    return int.from_bytes(keccak(bytes.fromhex(str(owner)[2:]) + salt.to_bytes(12, "big"))[:8], "big")


def use(kind: str, *values: Any) -> bytes:
    """The data of a redemption into the contract."""
    kinds = {"Open": ["uint96", "address", "uint24", "uint40"], "TopUp": ["uint64"]}[kind]
    return encode(["uint8", *kinds], [USES.index(kind), *values])


@dataclass
class Prepaid(Consenting):
    """What a test of the accounts works with. The agent owns and pays, the merchant is the counterparty, and
    each account's signer is a session key of its own, unless told otherwise."""

    NAME = "PrepaidAccounts"
    TYPES: ClassVar = TYPES
    SIGNER = "agent"
    PURSE = PURSE
    world: World
    contract: Any

    # ----------------------------------------------------------------------------------------------- names

    @property
    def unit(self) -> int:
        """Base units in a micro-unit."""
        return int(10 ** max(0, int(self.token.decimals()) - 6))

    def key(self, salt: int = 0, *, owner: Any = None, counterparty: Any = None) -> Key:
        return (str(counterparty or self.merchant), index_of(owner or self.agent, salt))

    def session(self, key: Key) -> bytes:
        """The private key of an account's signer."""
        return keccak(b"session key" + key[1].to_bytes(8, "big") + key[0].encode())

    def signer(self, key: Key) -> str:
        return address_of(self.session(key))

    # ---------------------------------------------------------------------------------------------- payers

    def opening(
        self,
        salt: int = 0,
        *,
        owner: Any = None,
        counterparty: Any = None,
        signer: Any = None,
        delay: int = DAY,
        expires_at: int = 0,
    ) -> tuple[Any, ...]:
        """An `Opening`. The owner is not in it, and only says which session key signs."""
        counterparty = str(counterparty or self.merchant)
        key = self.key(salt, owner=owner, counterparty=counterparty)
        return (counterparty, salt, str(signer or self.signer(key)), delay, expires_at)

    def open(self, micros: int = 1_000_000, salt: int = 0, *, owner: Any = None, **opening: Any) -> Key:
        """An account, opened by its owner; keywords as for `opening`."""
        owner = owner or self.agent
        self.contract.open(self.opening(salt, owner=owner, **opening), micros * self.unit, {"from": owner})
        return self.key(salt, owner=owner, counterparty=opening.get("counterparty"))

    def top_up(self, key: Key, micros: int, payer: Any = None) -> Any:
        return self.contract.topUp(key, micros * self.unit, {"from": payer or self.agent})

    def request_withdrawal(self, key: Key, owner: Any = None) -> Any:
        return self.contract.requestWithdrawal(key, ITSELF, {"from": owner or self.agent})

    def cancel_withdrawal(self, key: Key, owner: Any = None) -> Any:
        return self.contract.cancelWithdrawal(key, ITSELF, {"from": owner or self.agent})

    def withdraw(self, key: Key, owner: Any = None) -> Any:
        return self.contract.withdraw(key, ITSELF, {"from": owner or self.agent})

    def request_signer(self, key: Key, signer: Any, owner: Any = None) -> Any:
        return self.contract.requestSigner(key, str(signer), ITSELF, {"from": owner or self.agent})

    def change_signer(self, key: Key, owner: Any = None) -> Any:
        return self.contract.changeSigner(key, ITSELF, {"from": owner or self.agent})

    def redeem(self, cards: Sequence[tuple[Any, ...]], data: bytes, **who: Any) -> Any:
        """Pay with certificates into an account of the merchant's; the cards' holder sends it. `payee`,
        `sender`."""
        payment = self.world.payment(self.contract, payee=who.get("payee") or self.merchant, data=data)
        return self.world.certificates.pay(payment, cards, {"from": who.get("sender") or self.holder})

    # -------------------------------------------------------------------------------------- counterparties

    def voucher(
        self, key: Key, micros: int, *, private_key: bytes | None = None, **other: Any
    ) -> SignedVoucher:
        """For `micros` in all. `other` is signed instead of the account's own: counterparty, currency, index,
        amount, domain."""
        domain = other.pop("domain", None)
        values = {
            "counterparty": key[0],
            "currency": self.token.address,
            "index": key[1],
            "amount": micros,
        }
        assert other.keys() <= values.keys(), other
        digest = self.digest("Voucher", *(values | other).values(), domain=domain)
        return SignedVoucher(key[1], micros, sign_digest(digest, private_key or self.session(key)))

    def locked(
        self,
        key: Key,
        micros: int,
        preimage: bytes,
        expires_at: int,
        *,
        private_key: bytes | None = None,
        **other: Any,
    ) -> SignedLockedVoucher:
        """The same under the lock of `preimage`; `other` may be lock and expiresAt too."""
        domain = other.pop("domain", None)
        values = {
            "counterparty": key[0],
            "currency": self.token.address,
            "index": key[1],
            "amount": micros,
            "lock": lock_of(preimage),
            "expiresAt": expires_at,
        }
        assert other.keys() <= values.keys(), other
        digest = self.digest("LockedVoucher", *(values | other).values(), domain=domain)
        signature = sign_digest(digest, private_key or self.session(key))
        return SignedLockedVoucher(SignedVoucher(key[1], micros, signature), expires_at, preimage)

    def settle(self, *vouchers: SignedVoucher, counterparty: Any = None, sender: Any = None) -> Any:
        return self.contract.settle(
            counterparty or self.merchant, rows(vouchers), {"from": sender or self.relayer}
        )

    def settle_locked(self, *vouchers: SignedLockedVoucher, counterparty: Any = None) -> Any:
        return self.contract.settleLocked(
            counterparty or self.merchant, rows(vouchers), {"from": self.relayer}
        )

    def settle_one(self, key: Key, micros: int, signature: bytes | None = None) -> Any:
        signature = self.voucher(key, micros).signature if signature is None else signature
        return self.contract.settleOne(key, micros, signature, {"from": self.relayer})

    # ------------------------------------------------------------------------------------------- reckoning

    def state(self, key: Key) -> State:
        return State(*self.contract.account(*key))

    def money(self, key: Key) -> tuple[int, int]:
        """(deposit, paid)."""
        state = self.state(key)
        return (state.deposit, state.paid)

    def word(self, slot: int) -> int:
        """A slot of the contract's storage."""
        return int.from_bytes(web3.eth.get_storage_at(self.contract.address, slot), "big")

    def keys(self) -> list[Key]:
        """Every account there is, from the logs."""
        topic = keccak(b"AccountOpened(address,address,uint256,address,uint256,uint256,uint256,uint256)")
        logs = web3.eth.get_logs(
            {"address": self.contract.address, "fromBlock": 0, "topics": ["0x" + topic.hex()]}
        )
        return [
            (web3.to_checksum_address(log["topics"][2][-20:]), int.from_bytes(log["topics"][3], "big"))
            for log in logs
        ]

    def liabilities(self) -> int:
        """What the contract owes by its own books, base units."""
        money = [self.money(key) for key in self.keys()]
        assert all(paid <= deposit <= MAX_DEPOSIT for deposit, paid in money)
        left = sum(deposit - paid for deposit, paid in money)
        return left * self.unit + int(self.contract.totalOwed())

    def check_books(self) -> None:
        """It holds what it owes, to the unit."""
        assert self.held() == self.liabilities()


def settled(tx: Any) -> Settled:
    """What the one settlement of a transaction reports.

    Read off the log itself, byte for byte: the contract writes it by hand. Raises ValueError when there is
    another number of settlements.
    """
    topic = keccak(b"Settled(address,uint256,bytes,bytes)")
    logs = web3.eth.get_transaction_receipt(tx.txid)["logs"]
    (data,) = [bytes(log["data"]) for log in logs if bytes(log["topics"][0]) == topic]
    kinds = ["uint256", "bytes", "bytes"]
    payout, booked, bits = decode(kinds, data)
    assert encode(kinds, (payout, booked, bits)) == data, "not as the ABI has it"
    assert len(booked) % 14 == 0
    done = [booked[i : i + 14] for i in range(0, len(booked), 14)]
    return Settled(
        payout,
        [(int.from_bytes(row[:8], "big"), int.from_bytes(row[8:], "big")) for row in done],
        [place for place in range(8 * len(bits)) if bits[place // 8] << (place % 8) & 0x80],
    )
