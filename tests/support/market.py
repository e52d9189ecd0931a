"""A CertificateMarket over a `World`, and short ways to offer, fill and look.

Amounts are base units: `amount` of face, `price` and `cost` of money. Times are Unix seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from brownie import web3
from eth_abi.abi import decode

from largesse.eip712 import Domain, Message, keccak
from largesse.signed.market import CancelAllOffers, CancelOffer, Offer, market_domain
from tests.support.certificates import DAY, ZERO, World

FACE = 50_000
PRICE = 46_500
CANCELLED = 2**256 - 1
PURSE = 2**100
"""What each buyer has and has approved."""

Signed = tuple[tuple[Any, ...], bytes]
"""`ICertificateMarket.SignedOffer`."""


@dataclass
class Market:
    """What a test of the market works with: the giver sells, the holder buys, the creator refers, unless told
    otherwise."""

    world: World
    contract: Any

    def __getattr__(self, role: str) -> Any:
        return getattr(self.world, role)

    @property
    def token(self) -> Any:
        return self.world.token

    @property
    def domain(self) -> Domain:
        return market_domain(self.world.chain.id, self.contract.address)

    # ----------------------------------------------------------------------------------------------- people

    def fund(self, person: Any, amount: int = PURSE) -> None:
        """A buyer: newly minted currency, approved to the market."""
        self.token.mint(person, amount, {"from": self.deployer})
        self.token.approve(self.contract, 2**256 - 1, {"from": person})

    def stock(self, series: int, amount: int = FACE, seller: Any = None) -> None:
        """A seller: certificates, approved to the market."""
        seller = seller or self.giver
        self.world.issue(series, seller, amount)
        self.world.certificates.setApprovalForAll(self.contract, True, {"from": seller})

    # ----------------------------------------------------------------------------------------------- offers

    def offer(self, series: int, amount: int = FACE, price: int = PRICE, **other: Any) -> Offer:
        """The giver's, good for a day; `other` by the fields of `Offer`."""
        made = Offer(
            seller=str(self.giver),
            series_id=series,
            amount=amount,
            price=price,
            minimum=0,
            referrer=ZERO,
            referrer_share=0,
            nonce=1,
            epoch=0,
            expires_at=self.now() + DAY,
        )
        return replace(made, **{name: str(v) if name in ADDRESSES else v for name, v in other.items()})

    def sign(self, message: Message, signer: Any = None) -> bytes:
        return message.sign(self.domain, self.world.key(signer or message.seller))  # type: ignore[attr-defined]

    def signed(self, offer: Offer) -> Signed:
        return offer.values(), self.sign(offer)

    # ------------------------------------------------------------------------------------------------ deeds

    def fill(
        self, offer: Offer, amount: int | None = None, *, buyer: Any = None, signature: bytes | None = None
    ) -> Any:
        signature = self.sign(offer) if signature is None else signature
        amount = offer.amount if amount is None else amount
        return self.contract.fill(offer.values(), amount, signature, {"from": buyer or self.holder})

    def fill_many(self, rows: Sequence[Signed], purchase: tuple[int, ...], buyer: Any = None) -> Any:
        return self.contract.fillMany(rows, purchase, {"from": buyer or self.holder})

    def purchase(
        self, series: int, most: int = FACE, least: int = 0, limit: tuple[int, int] = (1, 1)
    ) -> tuple[int, ...]:
        """`ICertificateMarket.Purchase`; `limit`: so much money for so much face."""
        return (series, most, least, *limit)

    def cancel_signed(self, offer: Offer, deadline: int | None = None, signer: Any = None) -> Any:
        deadline = self.now() + DAY if deadline is None else deadline
        signature = self.sign(CancelOffer(offer.seller, offer.nonce, deadline), signer)
        return self.contract.cancelSigned(
            offer.seller, offer.nonce, deadline, signature, {"from": self.relayer}
        )

    def cancel_all_signed(
        self, seller: Any, epoch: int, deadline: int | None = None, signer: Any = None
    ) -> Any:
        deadline = self.now() + DAY if deadline is None else deadline
        signature = self.sign(CancelAllOffers(str(seller), epoch, deadline), signer)
        return self.contract.cancelAllSigned(seller, epoch, deadline, signature, {"from": self.relayer})

    # ------------------------------------------------------------------------------------------- reckoning

    def money(self, *people: Any) -> tuple[int, ...]:
        return tuple(int(self.token.balanceOf(person)) for person in people)

    def face(self, series: int, *people: Any) -> tuple[int, ...]:
        return tuple(int(self.world.certificates.balanceOf(person, series)) for person in people)

    def filled(self, offer: Offer) -> int:
        """Face sold; `CANCELLED` where it is."""
        status, filled = self.contract.status(offer.seller, offer.nonce)
        return (0, int(filled), offer.amount, CANCELLED)[status]

    def check_empty(self) -> None:
        """It holds nothing: neither money nor a certificate of any series."""
        assert self.token.balanceOf(self.contract) == 0
        for series in range(1, self.world.certificates.seriesCount() + 1):
            assert self.world.certificates.balanceOf(self.contract, series) == 0


ADDRESSES = ("seller", "referrer")


def skipped(tx: Any) -> list[tuple[int, bytes, int, int]]:
    """(row, selector, value, bound) of each `OfferSkipped`, off the logs themselves."""
    topic = keccak(b"OfferSkipped(uint256,bytes4,uint256,uint256)")
    logs = web3.eth.get_transaction_receipt(tx.txid)["logs"]
    return [
        (int.from_bytes(log["topics"][1], "big"), *decode(["bytes4", "uint256", "uint256"], log["data"]))
        for log in logs
        if bytes(log["topics"][0]) == topic
    ]


def fills(tx: Any) -> list[tuple[str, str, int, int, int]]:
    """(seller, buyer, nonce, amount, price) of each `OfferFilled`."""
    return [
        (event["seller"], event["buyer"], row >> 192, row >> 96 & 2**96 - 1, row & 2**96 - 1)
        for event in tx.events["OfferFilled"]
        for row in [int(event["row"])]
    ]
