"""Buy certificates, with a coupon or without, and withdraw from a purchase."""

from __future__ import annotations

from largesse.arguments import ArgumentError, Arguments, Option
from largesse.command import command
from largesse.console import done
from largesse.session import Session
from largesse.shop import SignedCoupon


@command(
    "Buy from the shop window; whoever pays is the buyer.",
    Option("series", "name, or currency/number"),
    Option("amount", "of face, in whole currency"),
    Option("coupon", "the file of a coupon for this buyer", ""),
    Option("from", "the buyer", ""),
    example="series=kr-spring-50000 amount=50000 coupon=out/coupons/1-1.json from=giver",
)
def main(session: Session, given: Arguments) -> int:
    chosen = session.series(given.text("series"))
    token = chosen.certificates.token
    shop = session.shop(chosen.certificates)
    buyer, face = session.wallet(given, "giver"), given.amount("amount", token.decimals)
    price = shop.price(chosen.series_id, face)
    if given.has("coupon"):
        _, signed = SignedCoupon.from_json(given.path("coupon").read_text(encoding="utf-8"))
        if shop.promotion_series(signed.coupon.promotion_id) != chosen.series_id:
            raise ArgumentError("other_series", f"the coupon is for another series than {chosen.name}")
        price = shop.price_with_coupon(signed, face)
        session.confirm(f"{token.show(face)} of {chosen.name} for {token.show(price)}.", "buy")
        number = shop.buy_with_coupon(buyer, face, price, signed)
    else:
        session.confirm(f"{token.show(face)} of {chosen.name} for {token.show(price)}.", "buy")
        number = shop.buy(buyer, chosen.series_id, face, price)
    done(f"{buyer.name} has bought {token.show(face)} of {chosen.name} for {token.show(price)}")
    done(f"purchase {number}: {token.show(shop.withdrawable(number))} come back on a withdrawal now")
    return number


@command(
    "Withdraw from a purchase within its window, the certificate untouched: what was paid comes back.",
    Option("currency", "the currency's symbol"),
    Option("purchase", "its number"),
    Option("from", "the buyer", ""),
    example="currency=KRWT purchase=1 from=giver",
)
def withdraw(session: Session, given: Arguments) -> int:
    certificates = session.certificates(given.text("currency"))
    shop = session.shop(certificates)
    buyer, number = session.wallet(given, "giver"), given.whole("purchase", least=1)
    before = certificates.token.balance(buyer.address)
    shop.withdraw(buyer, number)
    paid = certificates.token.balance(buyer.address) - before
    done(f"{certificates.token.show(paid)} paid back for purchase {number}")
    return paid
