"""The floors of certificates, for `make floors`: what bench/floors/CertificateFloors.sol costs."""

from __future__ import annotations

from typing import Any, Final

from bench.floor_bench import Bench
from bench.items import items
from largesse import curve
from largesse.chain import Node
from largesse.eip712 import address_of, keccak
from largesse.usdc import deploy_usdc

CLOCK: Final = 1_900_000_000
YEAR: Final = 365 * 86_400
FACE: Final = 50_000_000
SERIES: Final = 1
DOMAIN: Final = keccak(b"a domain separator")
ZERO: Final = "0x" + "00" * 20
_REDEMPTION: Final = "(address,uint256,uint96,uint64,uint64,uint40,bytes)"
_ORDER: Final = "(uint256,uint96,address,address,uint40,uint40,bytes32)"
_GIFT: Final = "(address,address,address,uint256,uint256,uint256,uint256,uint256,uint256,bytes32)"


class CertificateBench:
    """A floor in its steady state: a series of two years, a holder that has signed, a known merchant.

    `token` is the currency where it is not the bench's, `now` the time from which on its work is done.
    """

    def __init__(
        self,
        bench: Bench,
        *,
        measured: bool,
        token: Any = None,
        now: int = CLOCK,
        floor: str = "CertificateFloors",
    ) -> None:
        self.bench, self.now = bench, now
        self.floor = bench.floor(floor, measured=measured, domain=DOMAIN, token=token)
        self.key = keccak(b"a holder")
        self.holder = address_of(self.key)
        self.expiry, self.limitation = CLOCK + 2 * YEAR, CLOCK + 5 * YEAR
        self._put(SERIES, 1 << 238 | self.limitation << 136 | self.expiry << 96 | 100 * FACE)
        for account in (self.holder, bench.payer):
            self._put(_place(account, SERIES), 1 << 192 | 2 << 96 | 10 * FACE)

    def _put(self, slot: int, word: int) -> None:
        values = [self.floor, *("0x" + number.to_bytes(32, "big").hex() for number in (slot, word))]
        Node(self.bench.web3).develop("anvil_setStorageAt", values)

    def _send(self, sender: str, number: int, kinds: list[str], values: list[Any]) -> int:
        """At a known time: every byte of calldata is the same in every run."""
        self.now += 1_000
        Node(self.bench.web3).develop("evm_setNextBlockTimestamp", [self.now])
        return self.bench.gas(sender, self.floor, number, kinds, values)

    def redeem(self) -> int:
        values = [SERIES, FACE, self.bench.seller]
        return self._send(self.bench.payer, 3, ["uint256", "uint96", "address"], values)

    def redeem_signed(self, order: int, nonce: int) -> int:
        merchant = int(self.bench.seller, 16)
        holder = int(self.holder, 16)
        words = [0x2222, holder, SERIES, FACE, merchant, 0, order, 0x3333, nonce, self.expiry]
        row = (self.holder, SERIES, FACE, order, nonce, self.expiry, _sign(self.key, words))
        return self._send(self.bench.seller, 2, [_REDEMPTION], [row])

    def give(self, key: bytes) -> int:
        values = (SERIES, FACE, address_of(key), ZERO, 0, self.expiry - YEAR, bytes(32))
        return self._send(self.bench.payer, 1, [_ORDER], [values])

    def claim(self, key: bytes, recipient: str) -> int:
        """Of the gift that was given last, with that key."""
        given, payer = self.now, self.bench.payer
        gift = (payer, address_of(key), ZERO, SERIES, FACE, given, self.expiry - YEAR, given)
        members = (*gift, self.limitation, bytes(32))
        words = [int(word, 16) if isinstance(word, str) else word for word in (*gift, self.limitation, 0)]
        gift_id = keccak(b"".join(word.to_bytes(32, "big") for word in words))
        signature = _sign(key, [0x6666, int.from_bytes(gift_id, "big"), int(recipient, 16), 0])
        kinds = [_GIFT, "address", "bytes"]
        return self._send(self.bench.deployer, 4, kinds, [members, recipient, signature])


def ruled(bench: Bench) -> dict[str, int]:
    """Gas by hand with all checks that the rules ask for."""
    cards = CertificateBench(bench, measured=True, now=CLOCK + 86_400, floor="RuledGive")
    return {"certificates.give": cards.give(keccak(b"give"))}


def compare(bench: Bench) -> tuple[dict[str, int], dict[str, int], dict[str, dict[str, int]]]:
    """Gas by the floor that measures what leaves and by the trusting one, and the items of the first."""
    usdc = deploy_usdc(bench.web3, bench.deployer).contract
    before = Node(bench.web3).develop("evm_snapshot", [])
    measured, parts = _measure(bench, usdc, measured=True)
    Node(bench.web3).develop("evm_revert", [before])  # the same times and signatures for both
    return measured, _measure(bench, usdc, measured=False)[0], parts


def _measure(bench: Bench, usdc: Any, *, measured: bool) -> tuple[dict[str, int], dict[str, dict[str, int]]]:
    found: dict[str, int] = {}
    parts: dict[str, dict[str, int]] = {}

    def note(name: str, gas: int) -> None:
        found[f"certificates.{name}"] = gas
        parts[f"certificates.{name}"] = items(bench.web3, bench.sent)

    cards = CertificateBench(bench, measured=measured)
    note("redeem", cards.redeem())
    note("redeem_signed", cards.redeem_signed(0, 2))
    note("redeem_signed_order_fresh", cards.redeem_signed(1_000, 1_000))
    note("redeem_signed_order_used", cards.redeem_signed(1_001, 1_001))
    recipient = address_of(keccak(b"a recipient"))
    for name in ("claim_new", "claim_known"):
        key = keccak(name.encode())
        note("give", cards.give(key))
        note(name, cards.claim(key, recipient))
    cards = CertificateBench(bench, measured=measured, token=usdc, now=cards.now)
    note("redeem_signed_usdc", cards.redeem_signed(0, 2))
    return found, parts


def _place(key: str, kind: int) -> int:
    return int.from_bytes(keccak(int(key, 16).to_bytes(32, "big") + kind.to_bytes(32, "big")), "big")


def _sign(key: bytes, words: list[int]) -> bytes:
    """The 65 bytes that ecrecover takes, of the floor's EIP-712 message."""
    struct = keccak(b"".join(word.to_bytes(32, "big") for word in words))
    signature = curve.sign(keccak(b"\x19\x01" + DOMAIN + struct), key)
    return signature[:64] + bytes([27 + signature[64]])
