"""Buy certificates, with a coupon or without, withdraw from a purchase, have its rewards."""

from __future__ import annotations

from largesse.arguments import ArgumentError, Arguments, Option
from largesse.clients.sales import CashBack, SignedCoupon
from largesse.commands.command import command
from largesse.console import done
from largesse.session import Session

CURRENCY = Option("currency", "the currency's symbol")
PURCHASE = Option("purchase", "its number")
SENDER = Option("from", "who sends", "")
_BECAME = {
    CashBack.ISSUED: "issued to the buyer as certificates",
    CashBack.PAID: "paid to the buyer",
    CashBack.RETURNED: "back in the budget: nobody claimed it before the reward series' sale closed",
}


@command(
    "Buy from the shop window; whoever pays is the buyer.",
    Option("series", "name, or currency/number"),
    Option("amount", "of face, in whole currency"),
    Option("coupon", "the file of a coupon for this buyer", ""),
    Option("from", "the buyer", ""),
    example="series=kr-spring-50000 amount=50000 coupon=out/coupons/KRWT-1-1.json from=giver",
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
    CURRENCY,
    PURCHASE,
    Option("from", "the buyer", ""),
    example="currency=KRWT purchase=1 from=giver",
)
def withdraw(session: Session, given: Arguments) -> int:
    certificates = session.certificates(given.text("currency"))
    shop = session.shop(certificates)
    buyer, number = session.wallet(given, "giver"), given.whole("purchase", least=1)
    paid = certificates.token.brought(shop.withdraw(buyer, number), buyer.address)
    done(f"{certificates.token.show(paid)} paid back for purchase {number}")
    return paid


@command(
    "Have the cash-back of a purchase that can't be withdrawn any more issued to its buyer; anybody may send "
    "it.",
    CURRENCY,
    PURCHASE,
    SENDER,
    example="currency=KRWT purchase=1",
)
def cash_back(session: Session, given: Arguments) -> int:
    certificates = session.certificates(given.text("currency"))
    sender, number = session.wallet(given, "giver"), given.whole("purchase", least=1)
    amount, outcome = session.shop(certificates).claim_cash_back(sender, number)
    done(f"{certificates.token.show(amount)} of purchase {number}: {_BECAME[outcome]}")
    return amount


@command(
    "Have the referral share of a purchase that can't be withdrawn any more paid to its referrer; anybody "
    "may send it.",
    CURRENCY,
    PURCHASE,
    SENDER,
    example="currency=KRWT purchase=1",
)
def referral(session: Session, given: Arguments) -> int:
    certificates = session.certificates(given.text("currency"))
    sender, number = session.wallet(given, "supporter"), given.whole("purchase", least=1)
    amount = session.shop(certificates).claim_referral(sender, number)
    done(f"{certificates.token.show(amount)} of purchase {number} to its referrer")
    return amount
