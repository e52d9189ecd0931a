"""A StreamingTipEscrow with its people, for whole stories: what is signed, given and claimed.

Messages are written down here from the interfaces' words and hashed by eth-account, so that nothing of the
contract's own encoding is taken for granted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from brownie import Contract, web3
from brownie.project import get_loaded_projects
from eth_abi.abi import encode
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak

from tests.fixtures.accounts import container, key_of
from tests.fixtures.tokens import packed, sign_eip3009
from tests.support.certificates import DAY, YEAR, World

ITSELF = (0, 0, False, b"")
"""The consent of who sends the transaction itself."""
MONTH = 30 * DAY
NAME, VERSION = "Largesse StreamingTipEscrow", "1"
TYPES = {
    "OpenStream": "address payer,uint256 jarId,uint256 index,uint80 rate,uint96 amount",
    "TopUpStream": "address from,address payer,uint256 jarId,uint256 index,uint96 amount",
    "CancelStream": "address payer,uint256 jarId,uint256 index",
    "ChangeStreamRate": "address payer,uint256 jarId,uint256 index,uint80 rate",
    "PauseStream": "address payer,uint256 jarId,uint256 index",
    "ResumeStream": "address payer,uint256 jarId,uint256 index",
    "Tip": "address from,uint256 jarId,uint96 amount,string message",
    "Subscribe": ("address payer,address account,address creator,uint32 tier,uint80 rate,uint96 amount"),
    "Unsubscribe": "address payer,address account,address creator,uint32 tier",
    "GiveSubscriptions": "address payer,bytes32 batchId",
    "TipHandle": "address payer,bytes32 tipId,string message",
    "SetMonthlyCap": "address payer,uint96 limit",
    "OwedWithdrawal": "address payee,address to",
}
"""What people sign, but for the nonce and the deadline with which each ends."""
GIFT_CLAIM = "bytes32 batchId,uint256 index,address account"
HANDLE_CLAIM = "bytes32[] tipIds,address recipient,uint40 deadline"

Consent = tuple[int, int, bool, bytes]


def escrow_abi() -> list[dict[str, Any]]:
    """All that the address answers: both pieces of its code, and `multicall`."""
    whole = list(get_loaded_projects()[0].interface.IStreamingTipEscrow.abi)
    own = container("StreamingTipEscrow").abi
    return whole + [item for item in own if item.get("name") == "multicall"]


def digest_of(domain: dict[str, Any], kind: str, fields: str, values: Sequence[Any]) -> bytes:
    """What is signed for a typed message: 32 bytes. `fields` as Solidity writes them."""
    members = [dict(zip(("type", "name"), field.split(" "), strict=True)) for field in fields.split(",")]
    message = dict(zip((member["name"] for member in members), values, strict=True))
    signable = encode_typed_data(domain, {kind: members}, message)
    return keccak(b"\x19" + signable.version + signable.header + signable.body)


def sign(key: bytes, digest: bytes) -> bytes:
    """65 bytes over a digest, with no prefix."""
    return bytes(Account.unsafe_sign_hash(digest, key).signature)


def stream_id(key: Sequence[Any]) -> bytes:
    """The id of a `StreamKey`."""
    return keccak(encode(["address", "uint256", "uint256"], [str(key[0]), *key[1:]]))


def jar_of(creator: object, version: int = 0) -> int:
    """The id of a creator's jar."""
    return version << 160 | int(str(creator), 16)


@dataclass
class Tipping:
    """What a story about tips works with. Amounts in base units of `world.token`."""

    world: World
    escrow: Any

    @property
    def domain(self) -> dict[str, Any]:
        return {
            "name": NAME,
            "version": VERSION,
            "chainId": web3.eth.chain_id,
            "verifyingContract": self.escrow.address,
        }

    @property
    def token(self) -> Any:
        return self.world.token

    @property
    def scale(self) -> int:
        return int(self.escrow.scale())

    def held(self) -> int:
        """Currency that the escrow holds."""
        return int(self.token.balanceOf(self.escrow))

    def purse(self, person: object) -> int:
        return int(self.token.balanceOf(str(person)))

    def fund(self, person: Any, amount: int) -> None:
        """Give currency to a person, which lets the escrow take it."""
        self.token.mint(person, amount, {"from": self.world.deployer})
        if self.token.allowance(person, self.escrow) == 0:
            self.token.approve(self.escrow, 2**256 - 1, {"from": person})

    def rate_of(self, price_per_month: int) -> int:
        """Scaled units per second of a tier."""
        return price_per_month * self.scale // MONTH

    def tier(self, creator: Any, price_per_month: int, number: int = 1, version: int = 0) -> int:
        """Open a tier; its rate."""
        self.escrow.setTier(number, price_per_month, version, {"from": creator})
        rate = self.rate_of(price_per_month)
        assert self.escrow.tierOf(creator, number) == (rate, version)
        return rate

    # ------------------------------------------------------------------------------------------- signatures

    def digest(self, kind: str, values: Sequence[Any], nonce: int, deadline: int) -> bytes:
        """What a person signs for an action of `TYPES`."""
        fields = f"{TYPES[kind]},uint64 nonce,uint40 deadline"
        words = [str(value) if hasattr(value, "address") else value for value in values]
        return digest_of(self.domain, kind, fields, (*words, nonce, deadline))

    def deadline(self) -> int:
        """A year from now."""
        return self.world.now() + YEAR

    def consent(
        self, kind: str, *values: Any, by: Any, nonce: int | None = None, deadline: int | None = None
    ) -> Consent:
        """A signature over the action; `values` as in `TYPES`. Nonce: one above the watermark of the first
        of them, who consents."""
        nonce = int(self.escrow.watermark(str(values[0]))) + 1 if nonce is None else nonce
        deadline = self.deadline() if deadline is None else deadline
        digest = self.digest(kind, values, nonce, deadline)
        return (nonce, deadline, False, sign(key_of(by), digest))

    def moving(
        self,
        token_domain: dict[str, Any],
        amount: int,
        kind: str,
        *values: Any,
        by: Any,
        nonce: int = 1,
        deadline: int | None = None,
    ) -> Consent:
        """One signature that consents and pays: the currency's EIP-3009, its nonce the action's digest."""
        deadline = self.deadline() if deadline is None else deadline
        digest = self.digest(kind, values, nonce, deadline)
        payer = str(values[0])
        parts = sign_eip3009(
            key_of(by), token_domain, "Receive", payer, self.escrow.address, amount, 0, deadline, digest
        )
        return (nonce, deadline, True, packed(*parts))


def deploy_tipping(world: World) -> Tipping:
    """The escrow of a world's currency."""
    deployed = container("StreamingTipEscrow").deploy(world.certificates, {"from": world.deployer})
    # The second piece of code: registered, so that traces and coverage find its source.
    container("JarBackOffice").at(deployed.backOffice())
    return Tipping(world, Contract.from_abi("IStreamingTipEscrow", deployed.address, escrow_abi()))


# ------------------------------------------------------------------------------------- gift subscriptions


def pair(left: bytes, right: bytes) -> bytes:
    return keccak(min(left, right) + max(left, right))


def batch_id(gifts: Sequence[Any]) -> bytes:
    """The id of a `GiftSubscriptions`."""
    return keccak(encode(["address"] * 2 + ["uint256"] * 6 + ["bytes32", "uint256"], list(gifts)))


@dataclass(frozen=True)
class Gifts:
    """A batch of gift subscriptions and its tree: `places[i]` is the (key, account) of index i."""

    payer: str
    creator: str
    tier: int
    version: int
    rate: int
    amount_each: int
    reclaim_at: int
    places: tuple[tuple[str, str], ...]
    salt: int = 0

    @property
    def levels(self) -> list[list[bytes]]:
        """From the leaves up; a node without a sibling moves up as it is."""
        rows = [
            [
                keccak(keccak(encode(["uint256", "address", "address"], [i, key, account])))
                for i, (key, account) in enumerate(self.places)
            ]
        ]
        while len(rows[-1]) > 1:
            row = rows[-1]
            pairs = [row[i : i + 2] for i in range(0, len(row), 2)]
            rows.append([pair(*two) if len(two) == 2 else two[0] for two in pairs])
        return rows

    def proof(self, place: int) -> list[bytes]:
        """Siblings from a leaf up."""
        siblings = []
        for row in self.levels[:-1]:
            if place ^ 1 < len(row):
                siblings.append(row[place ^ 1])
            place //= 2
        return siblings

    @property
    def struct(self) -> tuple[Any, ...]:
        """As the contract takes `GiftSubscriptions`."""
        return (
            self.payer,
            self.creator,
            self.tier,
            self.version,
            self.rate,
            len(self.places),
            self.amount_each,
            self.reclaim_at,
            self.levels[-1][0],
            self.salt,
        )

    @property
    def id(self) -> bytes:
        return batch_id(self.struct)

    def claim_digest(self, domain: dict[str, Any], index: int, account: object) -> bytes:
        """What the key of a gift by link signs."""
        return digest_of(domain, "GiftSubscriptionClaim", GIFT_CLAIM, (self.id, index, str(account)))

    def claim(
        self, domain: dict[str, Any], index: int, account: object, secret: bytes | None = None
    ) -> tuple[Any, ...]:
        """The arguments of `claimSubscription`; with the link's private key where the gift is by link."""
        key, named = self.places[index]
        signature = b"" if secret is None else sign(secret, self.claim_digest(domain, index, account))
        return (self.struct, index, key, named, self.proof(index), str(account), signature)


# ------------------------------------------------------------------------------------------------ handles


def handle_tip(
    payer: Any, handle: str, attestor: Any, amount: int, reclaim_at: int, salt: int = 0
) -> tuple[Any, ...]:
    """A `HandleTip`."""
    return (str(payer), keccak(text=handle), str(attestor), amount, reclaim_at, salt)


def tip_id(tip: Sequence[Any]) -> bytes:
    return keccak(encode(["address", "bytes32", "address", "uint256", "uint256", "uint256"], list(tip)))


def attest(
    domain: dict[str, Any], tips: Sequence[Sequence[Any]], recipient: object, deadline: int, by: Any
) -> bytes:
    """The attestor's word that these tips are the recipient's."""
    values = ([tip_id(tip) for tip in tips], str(recipient), deadline)
    return sign(key_of(by), digest_of(domain, "HandleClaim", HANDLE_CLAIM, values))
