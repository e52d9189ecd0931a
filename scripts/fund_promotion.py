"""Promotions: announce and fund what a manifest describes, sign coupons, take back what is left."""

from __future__ import annotations

from pathlib import Path

from largesse.addresses import ZERO_ADDRESS
from largesse.arguments import ArgumentError, Arguments, Option
from largesse.clients.sales import SignedCoupon
from largesse.commands.command import command
from largesse.console import done, say
from largesse.files import replace_file
from largesse.moments import moment_of
from largesse.session import Session
from largesse.terms.manifest import load_manifest
from largesse.terms.series import Promotion

_DAY = 86_400


@command(
    "Announce a promotion of a manifest, once, and add to its budget: discounts come out of it, never out of "
    "the reserve.",
    Option("manifest", "the TOML file"),
    Option("series", "the series' name in it"),
    Option("promotion", "the promotion's name in it"),
    Option("amount", "to add (default: the manifest's budget)", ""),
    Option("rewards", "the series that cash-back is paid in, where there is cash-back", ""),
    Option("most", "largest face of one purchase (default: ten certificates)", ""),
    Option("from", "the issuer", ""),
    example="manifest=examples/manifests/spring.toml series=kr-spring-50000 promotion=spring",
)
def main(session: Session, given: Arguments) -> int:
    chosen = session.series(given.text("series"))
    token = chosen.certificates.token
    promotion, face = _promotion(given)
    amount = given.amount("amount", token.decimals) if given.has("amount") else promotion.budget
    most = given.amount("most", token.decimals) if given.has("most") else 10 * face
    rewards = 0
    if given.has("rewards"):
        reward = session.series(given.text("rewards"))
        if reward.certificates.address != chosen.certificates.address:
            raise ArgumentError("other_currency", f"{reward.name} is in another currency than {chosen.name}")
        rewards = reward.series_id
    issuer = session.wallet(given, "issuer")
    session.confirm(f"{token.show(amount)} into {promotion.name}.", f"fund {promotion.name}")
    shop = session.shop(chosen.certificates)
    number = shop.open_promotion(issuer, chosen.series_id, promotion, max_face=most, reward_series=rewards)
    shop.fund(issuer, number, amount)
    done(f"promotion {number} ({promotion.name}): {token.show(shop.free(number))} are free")
    return number


@command(
    "Sign a coupon: one purchase, by one buyer.",
    Option("currency", "the currency's symbol"),
    Option("promotion", "its number"),
    Option("number", "the coupon's own number, used once"),
    Option("buyer", "address (a role on a development chain)"),
    Option("most", "largest face it is good for"),
    Option("referrer", "who gets the referral share", ""),
    Option("until", "UTC (default: a week from now)", ""),
    Option("from", "the issuer", ""),
    example="currency=KRWT promotion=1 number=1 buyer=giver most=50000",
)
def coupon(session: Session, given: Arguments) -> Path:
    certificates = session.certificates(given.text("currency"))
    signed = session.shop(certificates).sign_coupon(
        session.wallet(given, "issuer"),
        given.whole("promotion", least=1),
        given.whole("number"),
        session.address(given.text("buyer")),
        given.amount("most", certificates.token.decimals),
        moment_of(given, "until") if given.has("until") else session.node.now() + 7 * _DAY,
        session.address(given.text("referrer")) if given.has("referrer") else ZERO_ADDRESS,
    )
    new, symbol = signed.coupon, given.text("currency")
    path = session.out("coupons") / f"{symbol}-{new.promotion_id}-{new.coupon_id}.json"
    if path.is_file():
        old = SignedCoupon.from_json(path.read_text(encoding="utf-8"))[1].coupon
        if (old.buyer, old.referrer, old.max_face) != (new.buyer, new.referrer, new.max_face):
            raise ArgumentError(
                "number_taken",
                f"number={new.coupon_id}: {path.name} is signed for {old.buyer}, to other terms, and of "
                "two coupons with one number only one is good: another number=…, please",
            )
    replace_file(path, (signed.to_json(symbol) + "\n").encode("ascii"))
    say(f"signed: out/coupons/{path.name}")
    return path


@command(
    "Take back what is left of a promotion's budget: what no purchase has spent or has set aside. Coupons "
    "that were signed and find too little are refused.",
    Option("currency", "the currency's symbol"),
    Option("promotion", "its number"),
    Option("amount", "in whole currency (default: all that is free)", ""),
    Option("to", "where it goes: address or role (default: to the issuer)", ""),
    Option("from", "the issuer", ""),
    example="currency=KRWT promotion=1",
)
def take_back(session: Session, given: Arguments) -> int:
    certificates = session.certificates(given.text("currency"))
    token, shop = certificates.token, session.shop(certificates)
    issuer, number = session.wallet(given, "issuer"), given.whole("promotion", least=1)
    to = session.address(given.text("to")) if given.has("to") else issuer.address
    free = shop.check_free(number)
    amount = given.amount("amount", token.decimals) if given.has("amount") else free
    if amount == 0:
        done(f"nothing is free in promotion {number}")
        return 0
    shop.check_free(number, amount)
    session.confirm(f"{token.show(amount)} of promotion {number} to {to}.", "take back")
    shop.take_back(issuer, number, amount, to)
    done(f"{token.show(amount)} to {to}; {token.show(shop.free(number))} are free in promotion {number}")
    return amount


def _promotion(given: Arguments) -> tuple[Promotion, int]:
    """The promotion and the face of its series. Raises ArgumentError unknown_promotion."""
    for series in load_manifest(given.path("manifest")).series:
        for one in series.promotions:
            if (series.name, one.name) == (given.text("series"), given.text("promotion")):
                return one, series.face
    raise ArgumentError(
        "unknown_promotion",
        f"the manifest has no promotion {given.text('promotion')} of {given.text('series')}",
    )
