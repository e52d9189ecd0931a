"""A GiftCertificates with its currency and its people, and short ways to make what tests need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eth_abi import encode

from largesse.eip712 import Domain, Message, address_of, certificates_domain, keccak
from largesse.signed.certificates import Claim, PaymentRequest, Redemption
from tests.fixtures.accounts import ROLES as NODE_ROLES
from tests.fixtures.accounts import key_of

NEVER = 2**40 - 1
MAX_AMOUNT = 2**96 - 1
ONLY_NEW = "0x60243560165763f23a6e6160e01b60005260206000f35b600080fd"
"""Code of an account that takes ERC-1155 tokens that come from nobody: `from` is the second argument."""
ZERO = "0x" + "00" * 20
DAY = 86_400
YEAR = 365 * DAY
NO_SIGNATURE = (0, 0, b"")

# The roles of tests/fixtures/accounts.py, then those that only certificates have: the node's accounts in
# order.
ROLES = (*NODE_ROLES, "recipient", "beneficiary", "operator", "other_merchant")
TERMS = (
    "beneficiary",
    "sales_close_at",
    "expires_at",
    "limitation_at",
    "fee_bps",
    "named",
    "convertible",
    "refund_on_removal",
    "cash_out_unused",
    "denomination",
    "use_threshold_bps",
    "post_expiry_bps",
    "cash_out_from",
    "cash_out_below",
    "withdrawal_seconds",
    "terms_hash",
)
ART = encode(
    ["string", "string", "string", "uint8", "uint24", "uint24", "uint24"],
    ["Culture card", "Largesse Books", "", 0, 0x123456, 0xFFCC00, 0xFFFFFF],
)


@dataclass
class World:
    """What a test of the certificates works with. People are Brownie accounts (unlocked on the node);
    `key(person)` is the private key of one. Amounts in base units of `token`."""

    token: Any
    card_art: Any
    certificates: Any  # the deployed contract, with the whole ABI of IGiftCertificates
    people: dict[str, Any]
    chain: Any

    def __getattr__(self, role: str) -> Any:
        try:
            return self.people[role]
        except KeyError:
            raise AttributeError(role) from None

    @property
    def domain(self) -> Domain:
        return certificates_domain(self.chain.id, self.certificates.address)

    def key(self, person: Any) -> bytes:
        return bytes(key_of(person))

    def now(self) -> int:
        """Time of the latest block."""
        return int(self.chain[-1].timestamp)

    def terms(self, **overrides: Any) -> tuple[Any, ...]:
        """An open series: sales 1 year, expiry 2, limitation 5, no fee, 90 % after expiry. Overrides by
        the names in TERMS."""
        now = self.now()
        values: dict[str, Any] = {
            "beneficiary": self.beneficiary.address,
            "sales_close_at": now + YEAR,
            "expires_at": now + 2 * YEAR,
            "limitation_at": now + 5 * YEAR,
            "fee_bps": 0,
            "named": False,
            "convertible": False,
            "refund_on_removal": False,
            "cash_out_unused": False,
            "denomination": 0,
            "use_threshold_bps": 0,
            "post_expiry_bps": 9_000,
            "cash_out_from": 0,
            "cash_out_below": 0,
            "withdrawal_seconds": 7 * DAY,
            "terms_hash": keccak(b"terms"),
        }
        unknown = overrides.keys() - values.keys()
        if unknown:
            raise KeyError(f"no such terms: {sorted(unknown)}")
        values |= overrides
        return tuple(values[name] for name in TERMS)

    def create_series(
        self, merchants: Sequence[Any] = (), services: Sequence[Any] = (), art: bytes = ART, **overrides: Any
    ) -> int:
        """A new series of the issuer's; its id."""
        terms = self.terms(**overrides)
        # Not the return value: Brownie would fetch a trace with the memory of every step.
        self.certificates.createSeries(terms, [str(m) for m in merchants], art, {"from": self.issuer})
        series_id = int(self.certificates.seriesCount())
        if services:
            self.certificates.addServices(series_id, [str(s) for s in services], {"from": self.issuer})
        return series_id

    def named_series(self, merchants: Sequence[Any] = (), **overrides: Any) -> int:
        """A series like the Korean preset's: certificates of 50,000, 60 % use threshold, removals refund."""
        korean = {
            "named": True,
            "convertible": True,
            "refund_on_removal": True,
            "denomination": 50_000,
            "use_threshold_bps": 6_000,
        }
        return self.create_series(merchants or [self.merchant, self.other_merchant], **(korean | overrides))

    def fund(self, person: Any, amount: int) -> None:
        """Give currency to a person, approved to the certificates."""
        self.token.mint(person, amount, {"from": self.issuer})
        self.token.approve(self.certificates, 2**256 - 1, {"from": person})

    def issue(self, series_id: int, to: Any, amount: int) -> None:
        """Face for `to`, paid by the issuer with newly minted currency."""
        self.fund(self.issuer, amount)
        self.certificates.issue(series_id, to, amount, {"from": self.issuer})

    def authorize(self, message: Message, signer: Any) -> tuple[int, int, bytes]:
        """An `Authorization` with the message's own nonce and deadline, signed by a person."""
        signature = message.sign(self.domain, self.key(signer))
        return (message.nonce, message.deadline, signature)  # type: ignore[attr-defined]

    def redemption(
        self,
        series_id: int,
        amount: int,
        *,
        holder: Any = None,
        merchant: Any = None,
        payee: Any = ZERO,
        order: int = 0,
        data: bytes = b"",
        nonce: int = 1,
        deadline: int | None = None,
    ) -> tuple[Any, ...]:
        """A signed `Redemption` row."""
        holder = holder or self.holder
        deadline = self.now() + DAY if deadline is None else deadline
        message = Redemption(
            str(holder),
            series_id,
            amount,
            str(merchant or self.merchant),
            str(payee),
            order,
            data,
            nonce,
            deadline,
        )
        signature = message.sign(self.domain, self.key(holder))
        return (str(holder), series_id, amount, order, nonce, deadline, signature)

    def own_card(self, series_id: int, amount: int, holder: Any = None, order: int = 0) -> tuple[Any, ...]:
        """An unsigned `Redemption` row, for a holder who sends the transaction."""
        return (str(holder or self.holder), series_id, amount, order, 0, 0, b"")

    def payment(
        self,
        merchant: Any = None,
        *,
        payee: Any = ZERO,
        order: int = 0,
        total: int = 0,
        least: int | None = None,
        data: bytes = b"",
        deadline: int | None = None,
        signer: Any = None,
    ) -> tuple[Any, ...]:
        """A `Payment`; with a signer it carries the signed `PaymentRequest`. By default all must arrive."""
        merchant = str(merchant or self.merchant)
        least = total if least is None else least
        deadline = self.now() + DAY if deadline is None else deadline
        signature = b""
        if signer is not None:
            paid, service = (merchant, ZERO) if str(payee) == ZERO else (str(payee), merchant)
            request = PaymentRequest(paid, service, order, self.token.address, total, least, deadline, data)
            signature = request.sign(self.domain, self.key(signer))
        return (merchant, str(payee), order, total, least, deadline, data, signature)

    def give(
        self, series_id: int, amount: int, *, giver: Any = None, **overrides: Any
    ) -> tuple[bytes, tuple[Any, ...], bytes]:
        """Give a bearer link (or as overridden: key, recipient, deliver_at, reclaim_at, message_hash).

        Returns the link's private key, the `Gift` struct and its id."""
        giver = giver or self.giver
        secret = overrides.pop(
            "secret", keccak(b"link" + self.now().to_bytes(8, "big") + amount.to_bytes(12, "big"))
        )
        key = overrides.pop("key", address_of(secret))
        recipient = str(overrides.pop("recipient", ZERO))
        deliver_at = overrides.pop("deliver_at", 0)
        reclaim_at = overrides.pop("reclaim_at", 0)
        message_hash = overrides.pop("message_hash", bytes(32))
        if overrides:
            raise KeyError(f"no such gift fields: {sorted(overrides)}")
        self.certificates.give(
            (series_id, amount, key, recipient, deliver_at, reclaim_at, message_hash), {"from": giver}
        )
        now = self.now()
        limitation = self.certificates.terms(series_id)[3]
        gift = (
            str(giver),
            key,
            recipient,
            series_id,
            amount,
            deliver_at or now,
            reclaim_at or NEVER,
            now,
            limitation,
            message_hash,
        )
        return secret, gift, gift_id(gift)

    def claim_signature(
        self, secret: bytes, gift: bytes, recipient: Any, follow_up: bytes = bytes(32)
    ) -> bytes:
        """The link key's signature over `Claim`."""
        return Claim(gift, str(recipient), follow_up).sign(self.domain, secret)

    def liabilities(self) -> int:
        """What the contract owes by its own books: outstanding + fees + owed, in base units."""
        count = self.certificates.seriesCount()
        states = [self.certificates.state(i) for i in range(1, count + 1)]
        return sum(s[1] + s[2] for s in states) + self.certificates.totalOwed()

    def reserve(self) -> int:
        """Currency the contract holds, in base units."""
        return int(self.token.balanceOf(self.certificates))


def gift_id(gift: Sequence[Any]) -> bytes:
    """keccak256 of a `Gift`'s ABI encoding."""
    kinds = ["address"] * 3 + ["uint256"] * 6 + ["bytes32"]
    return keccak(encode(kinds, list(gift)))


def batch_id(batch: Sequence[Any]) -> bytes:
    """keccak256 of a `GiftBatch`'s ABI encoding (giver, series, root, reclaim, created, limitation)."""
    return keccak(encode(["address"] + ["uint256"] * 5, list(batch)))


def leaf_gift_id(batch: bytes, index: int) -> bytes:
    """What a batch link's key signs as `gift`."""
    return keccak(encode(["bytes32", "uint256"], [batch, index]))
