"""Memberships: time in a creator's tier, paid beforehand; nothing renews by itself."""

from __future__ import annotations

from pathlib import Path

from largesse import jar_actions
from largesse.arguments import Arguments, Option
from largesse.chain import Wallet
from largesse.clients.jars import Done
from largesse.clients.tips import subscribe_use
from largesse.commands.command import command
from largesse.commands.paying import (
    CURRENCY,
    FROM,
    PAY,
    SERIES,
    SIGN,
    TO,
    card_of,
    carry_out,
    pay_by_card,
    payer_of,
)
from largesse.console import done
from largesse.jars import MAX_VERSION, MONTH, price_of
from largesse.moments import minute
from largesse.session import Session

TIER = Option("tier", "its number", "1")
WHOM = Option("for", "who becomes the member: address or role (default: who pays)", "")
MAX_TIER = 2**32 - 1


@command(
    "Become a member of a creator's tier, or make somebody else one, or stay one for longer.",
    CURRENCY,
    TO,
    TIER,
    Option("months", "of 30 days", "1"),
    WHOM,
    SERIES,
    PAY,
    SIGN,
    FROM,
    example="currency=USDC to=creator tier=1 months=3 for=reader from=supporter",
)
def main(session: Session, given: Arguments) -> int:
    tips, payer = session.tips(given.text("currency")), payer_of(session, given)
    creator, account = session.address(given.text("to")), _member(session, given, payer)
    tier, months = given.whole("tier", most=MAX_TIER), given.whole("months", least=1, most=1_200)
    found = tips.open_tier(creator, tier)
    amount = price_of(found.rate, months * MONTH, tips.token.decimals)
    what = f"{tips.token.show(amount)} for {months} month(s) of {account} in tier {tier} of {creator}"
    if card := card_of(session, given, tips):
        use = subscribe_use(account, tier, found)
        pay_by_card(session, tips, card, amount, creator, use, payer, what)
    else:
        agreed = tips.subscription(payer.address, creator, tier, amount, account)
        carry_out(session, given, tips, jar_actions.subscribe(agreed), payer, what)
    until = tips.membership(creator, account, tier).until
    if not given.has("sign"):
        done(f"a member until {minute(until)} UTC")
    return until


@command(
    "End a membership that you pay for: what has not flowed by this second comes back.",
    CURRENCY,
    TO,
    TIER,
    WHOM,
    SIGN,
    FROM,
    example="currency=USDC to=creator tier=1 for=reader from=supporter",
)
def cancel(session: Session, given: Arguments) -> Done | Path:
    tips, payer = session.tips(given.text("currency")), payer_of(session, given)
    creator, account = session.address(given.text("to")), _member(session, given, payer)
    tier = given.whole("tier", most=MAX_TIER)
    action = jar_actions.unsubscribe(payer.address, creator, tier, account)
    what = f"the end of {account}'s time in tier {tier} of {creator}"
    result = carry_out(session, given, tips, action, payer, what)
    if isinstance(result, Done):
        done(f"{tips.token.show(result['refund'])} are back")
    return result


@command(
    "What a tier of yours costs from now on; who is in it keeps the price until its end.",
    CURRENCY,
    TIER,
    Option("price", "for 30 days, in whole currency, or none to close it"),
    Option("version", "0 to fill your own jar, else a shared one's number", "0"),
    Option("from", "the creator", ""),
    example="currency=USDC tier=1 price=5 from=creator",
)
def tier(session: Session, given: Arguments) -> int:
    tips, creator = session.tips(given.text("currency")), session.wallet(given, "creator")
    number, version = given.whole("tier", most=MAX_TIER), given.whole("version", most=MAX_VERSION)
    closed = given.text("price") == "none"
    price = 0 if closed else given.amount("price", tips.token.decimals)
    rate = int(tips.set_tier(creator, number, price, version)["rate"])
    done(f"tier {number} {'is closed' if closed else 'costs ' + tips.token.show(price) + ' for 30 days'}")
    return rate


def _member(session: Session, given: Arguments, payer: Wallet) -> str:
    return session.address(given.text("for")) if given.has("for") else payer.address
