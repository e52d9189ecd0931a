"""An AtomicSwaps from Python, and what makes a swap across two chains safe.

Two people swap: the first, who knows the secret, locks on one chain for the second; the second locks on the
other chain for the first, under the same hash. The first claims, which shows the secret on the second's
chain, and the second claims with it. When one of them stops, both have back what they locked.

That holds only while the first one's lock outlives the second's by enough (`GAP_SECONDS`): the first may
claim in the last second of the second's lock, and from then on the second must still have the time to see it
in a block that no reorganisation takes back, to have its own claim mined at a time of congestion, and to bear
what the clocks of two chains differ by. So the one who locks first locks for longer, and whoever answers
checks it, on the chain, not in what it was sent. For the same reason the first one does not claim in the last
minutes (`CLAIM_MARGIN_SECONDS`): a claim that is mined too late fails, and has shown the secret. Nor does it
claim what is not yet final: a lock that is taken back after the secret was shown is not made again.

A contract says of itself what its maker likes: take `Swaps` from a record of one's own, never from a ticket.

Amounts are base units of the currency, times Unix seconds of the chain that a lock is on.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Final

from eth_abi.abi import encode
from web3.contract import Contract
from web3.types import TxReceipt

from largesse.addresses import parse_address
from largesse.artifacts import swaps_abi
from largesse.chain import Wallet
from largesse.chainlogs import DEFAULT_RANGE, Decoder, read_logs
from largesse.clients.service import OWN_CALL, Consent, Custodian
from largesse.eip712 import Domain, keccak, swaps_domain
from largesse.errors import LargesseError
from largesse.files import create_file
from largesse.signed.swaps import ClaimTo, RefundTo
from largesse.signed.swaps import Lock as LockMessage

GAP_SECONDS: Final = 6 * 3_600
"""By how much the first lock outlives the second, unless the two agree on more."""
LEAST_GAP_SECONDS: Final = 3_600
"""Less is refused: blocks of an hour ago are final on the chains that this is used on."""
CLAIM_MARGIN_SECONDS: Final = 15 * 60
"""The secret is not shown when less is left of the lock that it opens."""
LONGEST_SECONDS: Final = 365 * 86_400
NONE, LOCKED, CLAIMED, REFUNDED = range(4)
"""`IAtomicSwaps.Status`."""
STATUS_WORDS: Final = ("not made", "locked", "claimed", "paid back")
_DAY: Final = 86_400
_FORMAT: Final = "largesse/swap"


class SwapError(LargesseError):
    """A swap that is not safe, or a ticket that can't be used; nothing was sent."""


@dataclass(frozen=True)
class Lock:
    """`IAtomicSwaps.Lock`: what `sender` locks for `to`; series 0 is currency."""

    sender: str
    to: str
    series_id: int
    amount: int
    hash: bytes
    expires_at: int

    @property
    def id(self) -> bytes:
        """keccak256 of its ABI encoding."""
        kinds = ["address", "address", "uint256", "uint96", "bytes32", "uint40"]
        return keccak(encode(kinds, list(self.as_tuple())))

    def as_tuple(self) -> tuple[str, str, int, int, bytes, int]:
        """As the contract takes it."""
        return self.sender, self.to, self.series_id, self.amount, self.hash, self.expires_at


@dataclass(frozen=True)
class Ticket:
    """Which lock on which chain: what two people send each other. It proves nothing, the chain does."""

    chain_id: int
    contract: str
    symbol: str
    lock: Lock

    def write(self, path: Path) -> None:
        """Raises SwapError exists."""
        lock = asdict(self.lock) | {"hash": "0x" + self.lock.hash.hex(), "amount": str(self.lock.amount)}
        kept = {"format": _FORMAT, **asdict(self), "lock": lock}
        try:
            create_file(path, json.dumps(kept, indent=2).encode())
        except FileExistsError as error:
            raise SwapError("exists", f"{path.name} is there already: take another name") from error

    @classmethod
    def read(cls, path: Path) -> Ticket:
        """Raises SwapError malformed."""
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            if kept["format"] != _FORMAT:
                raise ValueError(f"its format is {kept['format']!r}")
            lock = kept["lock"]
            digest = bytes.fromhex(lock["hash"].removeprefix("0x"))
            if len(digest) != 32:
                raise ValueError(f"its hash has {len(digest)} bytes")
            people = parse_address(lock["sender"]), parse_address(lock["to"])
            numbers = int(lock["series_id"]), int(lock["amount"])
            made = Lock(*people, *numbers, digest, int(lock["expires_at"]))
            return cls(int(kept["chain_id"]), parse_address(kept["contract"]), str(kept["symbol"]), made)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, LargesseError) as error:
            raise SwapError("malformed", f"{path.name} is no ticket of a swap: {error}") from error


def new_secret() -> bytes:
    """32 bytes that nobody guesses, for one swap."""
    return secrets.token_bytes(32)


def hash_of(secret: bytes) -> bytes:
    """What a lock has of a secret."""
    return sha256(secret).digest()


def _check_recipient(lock: Lock, to: str) -> None:
    if lock.to != to:
        raise SwapError("not_for_you", f"it is locked for {lock.to}, not for {to}")


class Swaps(Custodian):
    """The AtomicSwaps of one GiftCertificates."""

    @cached_property
    def contract(self) -> Contract:
        return self.node.contract(self.address, swaps_abi())

    @cached_property
    def domain(self) -> Domain:
        """What consents for this contract on this chain are signed under."""
        return swaps_domain(self.node.chain_id, self.address)

    @cached_property
    def decoder(self) -> Decoder:
        return Decoder(swaps_abi())

    # ------------------------------------------------------------------------------------------------- read

    def status(self, lock: Lock, *, final: bool = False) -> int:
        """One of NONE, LOCKED, CLAIMED, REFUNDED; with `final` as of the last block that counts as final."""
        block = max(0, self.node.block_number() - self.node.confirmations + 1) if final else None
        return int(self.node.call(self.contract.functions.status(lock.id), block=block))

    def preimage(self, lock: Lock) -> bytes | None:
        """The secret that a claim of the lock has shown; None while nobody claimed it.

        Searched for from the last block back to the contract's first: who looks for it has little time.
        """
        if self.status(lock) != CLAIMED:
            return None
        topics = [self.decoder.topic("Claimed"), "0x" + lock.id.hex()]
        first, last = self.certificates.first_block, self.node.block_number()
        while last >= first:
            start = max(first, last - DEFAULT_RANGE + 1)
            for log in read_logs(self.node, self.address, start, last, topics=topics):
                return bytes(self.decoder.decode(log)["preimage"])
            last = start - 1
        raise SwapError("unreadable", f"lock 0x{lock.id.hex()} is claimed, and the node has no log of it")

    def check_locked(self, lock: Lock, *, final: bool) -> None:
        """That it can be claimed; with `final` also in the last block that counts as final.

        Raises SwapError not_locked, not_final.
        """
        if (status := self.status(lock)) != LOCKED:
            raise SwapError("not_locked", f"on chain {self.node.chain_id} it is {STATUS_WORDS[status]}")
        if final and self.status(lock, final=True) != LOCKED:
            raise SwapError(
                "not_final",
                f"on chain {self.node.chain_id} it is locked, and not yet under {self.node.confirmations} "
                "blocks: it may be taken back; do this again when it is",
            )

    def check_agreed(self, lock: Lock, to: str, series_id: int, amount: int) -> None:
        """That a lock, as somebody else wrote it, is what was agreed on. Raises SwapError not_for_you,
        other_series, other_amount."""
        _check_recipient(lock, to)
        if lock.series_id != series_id:
            kinds = [f"series {one}" if one else "currency" for one in (lock.series_id, series_id)]
            raise SwapError("other_series", f"what is locked is {kinds[0]}, not {kinds[1]} as agreed")
        if lock.amount != amount:
            there, agreed = self.token.show(lock.amount), self.token.show(amount)
            raise SwapError("other_amount", f"what is locked is {there}, not {agreed} as agreed")

    # ------------------------------------------------------------------------------------------------- lock

    def lock(self, sender: Wallet, lock: Lock) -> TxReceipt:
        """Lock what the sender has. Raises ServiceError not_enough_money."""
        if lock.series_id == 0:
            self.allow(sender, lock.amount)
        else:
            self._approve_cards(sender)
        return self._send(sender, "lock", lock.as_tuple(), OWN_CALL)

    def sign_lock(self, sender: Wallet, lock: Lock, *, seconds: int = _DAY) -> bytes:
        """The call that locks currency by one signature that consents and pays (EIP-3009), or certificates
        that are approved, for anybody to send. Raises TokenError no_signatures."""
        deadline = self.node.now() + seconds

        def message(nonce: int, deadline: int) -> LockMessage:
            return LockMessage(*lock.as_tuple(), nonce, deadline)

        if lock.series_id == 0:
            return self._lock_call(lock, self.paying_consent(message, sender, lock.amount, deadline))
        nonce = self.watermark(sender.address) + 1
        signature = message(nonce, deadline).sign(self.domain, sender.key)
        return self._lock_call(lock, (nonce, deadline, False, signature))

    def answer(
        self, sender: Wallet, lock: Lock, first: Lock, theirs: Swaps, *, gap: int = GAP_SECONDS
    ) -> TxReceipt:
        """Lock for somebody who has locked `first` at `theirs`, under its hash.

        Raises SwapError where that would not be safe: not_locked, not_final, not_for_you, other_hash,
        gap_too_short.
        """
        self.check_answer(sender.address, lock, first, theirs, gap=gap)
        return self.lock(sender, lock)

    def check_answer(
        self, sender: str, lock: Lock, first: Lock, theirs: Swaps, *, gap: int = GAP_SECONDS
    ) -> None:
        """Raises SwapError where answering `first` with `lock` would not be safe for `sender`."""
        if gap < LEAST_GAP_SECONDS:
            raise SwapError("gap_too_short", f"a gap of {gap:,} s is less than {LEAST_GAP_SECONDS:,} s")
        theirs.check_locked(first, final=True)
        _check_recipient(first, sender)
        if lock.hash != first.hash:
            raise SwapError("other_hash", f"it is locked under 0x{first.hash.hex()}, not 0x{lock.hash.hex()}")
        if lock.expires_at + gap > first.expires_at:
            raise SwapError(
                "gap_too_short",
                f"your lock must end {gap:,} s before theirs, which ends at {first.expires_at}: "
                f"at {first.expires_at - gap} or before, not at {lock.expires_at}",
            )

    # ------------------------------------------------------------------------------------------ claim, refund

    def claim(self, caller: Wallet, lock: Lock, secret: bytes, *, shown: bool = False) -> TxReceipt:
        """Have the lock paid to its recipient. Raises SwapError as `check_claim`."""
        self.check_claim(lock, secret, shown=shown)
        return self._send(caller, "claim", lock.as_tuple(), secret)

    def check_claim(self, lock: Lock, secret: bytes, *, shown: bool = False) -> None:
        """Raises SwapError not_locked, wrong_secret; and while nobody has seen the secret yet (`shown` says
        that somebody has) not_final where the lock may still be taken back, too_late where little time is
        left."""
        self.check_locked(lock, final=not shown)
        if hash_of(secret) != lock.hash:
            raise SwapError("wrong_secret", f"it opens 0x{hash_of(secret).hex()}, not 0x{lock.hash.hex()}")
        left = lock.expires_at - self.node.now()
        if not shown and left < CLAIM_MARGIN_SECONDS:
            raise SwapError(
                "too_late",
                f"the lock ends in {max(0, left):,} s, and a claim that is mined too late shows the secret "
                f"for nothing: below {CLAIM_MARGIN_SECONDS:,} s wait for your own lock to end",
            )

    def refund(self, caller: Wallet, lock: Lock) -> TxReceipt:
        """Have a lock that nobody claimed in time paid back."""
        return self._send(caller, "refund", lock.as_tuple())

    def sign_claim_to(
        self,
        recipient: Wallet,
        lock: Lock,
        secret: bytes,
        receiver: str,
        *,
        seconds: int = _DAY,
        shown: bool = False,
    ) -> bytes:
        """The call that pays a lock to whom its recipient names, for anybody to send. It contains the secret:
        whoever sees it may have the lock paid to the recipient first. Raises SwapError as `check_claim`."""
        self.check_claim(lock, secret, shown=shown)
        nonce, deadline = self.watermark(recipient.address) + 1, self.node.now() + seconds
        signature = ClaimTo(lock.id, receiver, nonce, deadline).sign(self.domain, recipient.key)
        consent = (nonce, deadline, False, signature)
        return self._calldata("claimTo", lock.as_tuple(), secret, receiver, consent)

    def sign_refund_to(self, sender: Wallet, lock: Lock, receiver: str, *, seconds: int = _DAY) -> bytes:
        """The call that pays a lock back to whom its sender names, for anybody to send."""
        nonce, deadline = self.watermark(sender.address) + 1, self.node.now() + seconds
        signature = RefundTo(lock.id, receiver, nonce, deadline).sign(self.domain, sender.key)
        return self._calldata("refundTo", lock.as_tuple(), receiver, (nonce, deadline, False, signature))

    def submit(self, sender: Wallet, call: bytes) -> TxReceipt:
        """Send what somebody signed."""
        return self.node.send_raw_call(sender, self.address, call)

    # ----------------------------------------------------------------------------------------------- private

    def _lock_call(self, lock: Lock, consent: Consent) -> bytes:
        return self._calldata("lock", lock.as_tuple(), consent)

    def _approve_cards(self, holder: Wallet) -> None:
        functions = self.certificates.contract.functions
        if not self.node.call(functions.isApprovedForAll(holder.address, self.address)):
            self.node.send(functions.setApprovalForAll(self.address, True), holder)  # noqa: FBT003
