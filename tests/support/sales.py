"""A CertificateSales over a `World`, and short ways to sell, promote, withdraw and audit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Any

from eth_abi.abi import encode

from largesse.eip712 import Domain, Message, keccak, sales_domain
from largesse.signed.sales import Coupon, Receipt
from tests.support.certificates import DAY, MAX_AMOUNT, YEAR, ZERO, World

WEEK = 7 * DAY
BPS = 10_000
ISSUED, PAID, RETURNED = 0, 1, 2
"""`ICertificateSales.CashBack` in its order."""


def rule(text: str) -> bytes:
    """The bytes32 in which the contract names a broken rule."""
    return text.encode().ljust(32, b"\0")


@dataclass
class Shop:
    """What a test of the sales works with. Amounts in base units of `world.token`."""

    world: World
    sales: Any

    @property
    def domain(self) -> Domain:
        return sales_domain(self.world.chain.id, self.sales.address)

    # --------------------------------------------------------------------------------------- what it sells

    def series(self, **overrides: Any) -> int:
        """A named series of the issuer's that the shop sells and takes back: 90 % back after expiry, a
        week to withdraw."""
        world = self.world
        parties = {"merchants": [world.merchant, world.other_merchant], "services": [self.sales]}
        series = world.create_series(**(parties | {"named": True} | overrides))
        self.appoint(series)
        return series

    def appoint(self, series: int, daily_limit: int = MAX_AMOUNT) -> None:
        """Let the shop issue face of a series."""
        self.world.certificates.setOperator(series, self.sales, daily_limit, {"from": self.world.issuer})

    def on_sale(self, premium_bps: int = 0, **overrides: Any) -> int:
        """A new series whose sale is open for half a year."""
        series = self.series(**overrides)
        now = self.world.now()
        self.sales.setSale(series, now, now + YEAR // 2, premium_bps, {"from": self.world.issuer})
        return series

    def promotion_terms(self, series: int, **overrides: Any) -> tuple[Any, ...]:
        """5 % discount, 3 % cash-back in the same series, 2 % referral, for 30 days; or as overridden."""
        now = self.world.now()
        values: dict[str, Any] = {
            "series_id": series,
            "reward_series_id": series,
            "opens_at": now,
            "closes_at": now + 30 * DAY,
            "discount_bps": 500,
            "cash_back_bps": 300,
            "referral_bps": 200,
            "coupon_signer": self.world.issuer.address,
            "max_face_per_purchase": MAX_AMOUNT,
        }
        unknown = overrides.keys() - values.keys()
        if unknown:
            raise KeyError(f"no such terms of a promotion: {sorted(unknown)}")
        return tuple((values | overrides).values())

    def promote(self, series: int, budget: int, **overrides: Any) -> int:
        """A promotion, funded by the issuer; its id."""
        self.sales.createPromotion(self.promotion_terms(series, **overrides), {"from": self.world.issuer})
        promotion = int(self.sales.promotionCount())
        if budget:
            self.fund(promotion, budget)
        return promotion

    def fund(self, promotion: int, amount: int, funder: Any = None) -> None:
        """Add newly minted currency to a budget."""
        funder = funder or self.world.issuer
        self.give_money(funder, amount)
        self.sales.fund(promotion, amount, {"from": funder})

    def give_money(self, person: Any, amount: int) -> None:
        """Newly minted currency for a person, approved to the shop."""
        self.world.token.mint(person, amount, {"from": self.world.issuer})
        self.world.token.approve(self.sales, 2**256 - 1, {"from": person})

    # --------------------------------------------------------------------------------------- buy, withdraw

    def buy(self, series: int, face: int, buyer: Any = None, payer: Any = None) -> int:
        """Buy without a coupon, with newly minted currency; the purchase's id."""
        buyer = buyer or self.world.holder
        payer = payer or buyer
        price, _ = self.sales.priceOf(series, face)
        self.give_money(payer, price)
        self.sales.buy(series, buyer, face, price, {"from": payer})
        return int(self.sales.purchaseCount())

    def coupon(
        self,
        promotion: int,
        *,
        coupon_id: int = 1,
        buyer: Any = None,
        referrer: Any = ZERO,
        max_face: int = MAX_AMOUNT,
        deadline: int | None = None,
        signer: Any = None,
    ) -> tuple[tuple[Any, ...], bytes]:
        """A `Coupon` and its signature, the issuer's unless another signer is named."""
        message = Coupon(
            promotion,
            coupon_id,
            str(buyer or self.world.holder),
            str(referrer),
            max_face,
            self.world.now() + DAY if deadline is None else deadline,
        )
        return astuple(message), message.sign(self.domain, self.world.key(signer or self.world.issuer))

    def buy_with_coupon(
        self, promotion: int, face: int, *, buyer: Any = None, coupon_id: int = 1, referrer: Any = ZERO
    ) -> int:
        """Buy with a new coupon and newly minted currency; the purchase's id."""
        buyer = buyer or self.world.holder
        discount, _, _ = self.sales.rewardsOf(promotion, face, False)
        series = self.sales.promotion(promotion)[0]
        price = self.sales.priceOf(series, face)[0] - discount
        self.give_money(buyer, price)
        coupon = self.coupon(promotion, buyer=buyer, coupon_id=coupon_id, referrer=referrer)
        self.sales.buyWithCoupon(face, price, *coupon, {"from": buyer})
        return int(self.sales.purchaseCount())

    def withdrawal(
        self,
        purchase: int,
        *,
        holder: Any = None,
        series: int | None = None,
        face: int | None = None,
        payee: Any = None,
        data: bytes | None = None,
    ) -> tuple[tuple[Any, ...], list[tuple[Any, ...]]]:
        """The arguments of `pay` that withdraw from a purchase, or nearly so (the overrides)."""
        record = self.sales.purchase(purchase) if None in (holder, series, face) else ["", 0, 0]
        payment = (
            self.sales.address,
            str(payee or self.sales),
            0,
            0,
            0,
            0,
            encode(["uint256"], [purchase]) if data is None else data,
            b"",
        )
        card = (str(holder or record[0]), series or record[2], face or record[1], 0, 0, 0, b"")
        return payment, [card]

    def withdraw(self, purchase: int, sender: Any = None, **overrides: Any) -> Any:
        """Withdraw as the buyer, or as another sender or with a wrong detail; the transaction."""
        sender = sender or self.person(self.sales.purchase(purchase)[0])
        return self.world.certificates.pay(
            *self.withdrawal(purchase, holder=overrides.pop("holder", sender), **overrides), {"from": sender}
        )

    def person(self, address: str) -> Any:
        """The role at an address. Raises LookupError."""
        for person in self.world.people.values():
            if person.address == address:
                return person
        raise LookupError(f"{address} is none of the test's people")

    # ---------------------------------------------------------------------------------------------- others

    def receipt(
        self, series: int, amount: int, *, signer: Any = None, **overrides: Any
    ) -> tuple[tuple[Any, ...], bytes]:
        """A `Receipt` for the holder, paid by the agent, and its signature (the issuer's by default)."""
        values: dict[str, Any] = {
            "series_id": series,
            "recipient": str(self.world.holder),
            "amount": amount,
            "payer": str(self.world.agent),
            "payment_id": keccak(b"payment"),
            "deadline": self.world.now() + DAY,
        }
        message = Receipt(**(values | overrides))
        return astuple(message), self.sign(message, signer or self.world.issuer)

    def sign(self, message: Message, signer: Any) -> bytes:
        return message.sign(self.domain, self.world.key(signer))

    # ----------------------------------------------------------------------------------------------- audit

    def balance(self, person: Any) -> int:
        """Currency of a person."""
        return int(self.world.token.balanceOf(person))

    def budget(self, promotion: int) -> dict[str, int]:
        """A promotion's money by name."""
        names = ("free", "reserved", "spent", "funded", "taken_back")
        return dict(zip(names, map(int, self.sales.budget(promotion)), strict=True))

    def check_books(self, series: Sequence[int]) -> None:
        """Invariant 18 for every promotion; what the shop holds, says it owes, and owes by its parts is one
        sum; the certificates are fully reserved."""
        owed = int(self.sales.totalOwed()) + sum(int(self.sales.premiumsHeld(s)) for s in series)
        for promotion in range(1, int(self.sales.promotionCount()) + 1):
            money = self.budget(promotion)
            assert money["spent"] + money["reserved"] + money["free"] == money["funded"] - money["taken_back"]
            owed += money["reserved"] + money["free"]
        reserved = 0
        for purchase in range(1, int(self.sales.purchaseCount()) + 1):
            record = self.sales.purchase(purchase)
            reserved += record["referral"] + record["cashBack"]
        assert reserved == sum(
            self.budget(p)["reserved"] for p in range(1, int(self.sales.promotionCount()) + 1)
        )
        assert self.balance(self.sales) == self.sales.booked() == owed
        assert self.world.reserve() == self.world.liabilities()
