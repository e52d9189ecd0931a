"""An AtomicSwaps over a `World`, and short ways to lock, claim, refund and audit. Amounts are base units."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, ClassVar, NamedTuple

from eth_abi.abi import encode

from largesse.eip712 import keccak
from tests.support.certificates import DAY, World
from tests.support.consents import END, ITSELF, OWED_WITHDRAWAL, Consent, Consenting

LONGEST = 365 * DAY
PURSE = 2**96
NONE, LOCKED, CLAIMED, REFUNDED = range(4)
SECRET = keccak(b"a secret of 32 bytes")


class Lock(NamedTuple):
    """`IAtomicSwaps.Lock`."""

    sender: str
    to: str
    series_id: int
    amount: int
    hash: bytes
    expires_at: int

    @property
    def id(self) -> bytes:
        return keccak(encode(["address", "address", "uint256", "uint96", "bytes32", "uint40"], list(self)))


@dataclass
class Swaps(Consenting):
    """What a test of the swaps works with: the holder locks for the merchant, unless told otherwise."""

    NAME = "AtomicSwaps"
    SIGNER = "holder"
    PURSE = PURSE
    TYPES: ClassVar = {
        "Lock": "address from,address to,uint256 seriesId,uint96 amount,bytes32 hash,uint40 expiresAt," + END,
        "ClaimTo": "bytes32 id,address receiver," + END,
        "RefundTo": "bytes32 id,address receiver," + END,
        "OwedWithdrawal": OWED_WITHDRAWAL,
    }
    world: World
    contract: Any
    series: int
    made: list[Lock] = field(default_factory=list)

    def terms(
        self,
        amount: int = 1_000,
        series_id: int = 0,
        *,
        sender: Any = None,
        to: Any = None,
        secret: bytes = SECRET,
        seconds: int = DAY,
    ) -> Lock:
        """A lock as its maker writes it, good for `seconds`."""
        people = str(sender or self.holder), str(to or self.merchant)
        return Lock(*people, series_id, amount, sha256(secret).digest(), self.world.now() + seconds)

    def lock(
        self, what: Lock | None = None, consent: Consent = ITSELF, caller: Any = None, **terms: Any
    ) -> Lock:
        """Made by its sender; keywords as for `terms`."""
        what = what or self.terms(**terms)
        self.contract.lock(what, consent, {"from": caller or what.sender})
        self.made.append(what)
        return what

    def claim(self, what: Lock, secret: bytes = SECRET, caller: Any = None) -> Any:
        return self.contract.claim(what, secret, {"from": caller or self.relayer})

    def claim_to(
        self,
        what: Lock,
        receiver: Any,
        consent: Consent = ITSELF,
        *,
        caller: Any = None,
        secret: bytes = SECRET,
    ) -> Any:
        return self.contract.claimTo(what, secret, str(receiver), consent, {"from": caller or what.to})

    def refund(self, what: Lock, caller: Any = None) -> Any:
        return self.contract.refund(what, {"from": caller or self.relayer})

    def refund_to(self, what: Lock, receiver: Any, consent: Consent = ITSELF, caller: Any = None) -> Any:
        return self.contract.refundTo(what, str(receiver), consent, {"from": caller or what.sender})

    def status(self, what: Lock) -> int:
        return int(self.contract.status(what.id))

    def face(self, person: Any, series_id: int | None = None) -> int:
        return int(self.world.certificates.balanceOf(person, series_id or self.series))

    def check_books(self) -> None:
        """What is held is what is locked and owed, to the unit."""
        here = [what for what in self.made if self.status(what) == LOCKED]
        locked = sum(what.amount for what in here if what.series_id == 0)
        assert self.balance(self.contract) == locked + self.contract.totalOwed()
        for series_id in {what.series_id for what in self.made} - {0}:
            held = sum(what.amount for what in here if what.series_id == series_id)
            assert self.face(self.contract, series_id) == held
