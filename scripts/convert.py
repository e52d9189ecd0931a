"""Redeem certificates into another token, through Uniswap V2, under a slippage limit."""

from __future__ import annotations

from largesse import development
from largesse.arguments import ArgumentError, Arguments, Option
from largesse.clients.payout import Conversion, Payout
from largesse.commands.command import command
from largesse.console import done, say, table
from largesse.session import Session
from largesse.tokens import Token
from largesse.uniswap import Uniswap, UniswapError

SERIES = Option("series", "an open series: name, or currency/number")
AMOUNT = Option("amount", "in whole currency, decimals after a point")
TOKEN = Option(
    "token", "what is paid out: a token's address, or the symbol of a currency that is deployed here"
)
ROUTER = Option("router", "a Uniswap V2 router's address, if not the one of `open_pool`", "")
SLIPPAGE = Option("slippage", "basis points by which the price may be worse when it is mined", "50")
FROM = Option("from", "whose certificates they are", "")
DEFAULT = "holder"


def token_of(session: Session, given: Arguments, name: str = "token") -> Token:
    text = given.text(name)
    if text.startswith("0x"):
        return Token.at(session.node, session.address(text))
    return session.certificates(text).token


def planned(session: Session, given: Arguments, payout: Payout, amount: int) -> tuple[Token, Conversion]:
    """The conversion at today's price."""
    token = token_of(session, given)
    if token.address == payout.token.address:
        raise ArgumentError("same_token", f"{token.symbol} is what the certificates are in: redeem them")
    uniswap = Uniswap(session.node, session.noted("router", given, "convert open_pool"))
    slippage = given.whole("slippage", least=0, most=5_000)
    return token, payout.conversion(uniswap, amount, token.address, slippage_bps=slippage)


@command(
    "What certificates would give in another token now.",
    SERIES, AMOUNT, TOKEN, ROUTER, SLIPPAGE,
    example="series=USDC/1 amount=20 token=KRWT",
)  # fmt: skip
def quote(session: Session, given: Arguments) -> int:
    card = session.series(given.text("series"))
    payout = session.payout(card.certificates.token.symbol)
    amount = given.amount("amount", payout.token.decimals)
    token, conversion = planned(session, given, payout, amount)
    table(
        f"{payout.token.show(amount)} of certificates",
        ("", ""),
        [("at least", token.show(conversion.minimum)), ("route", " → ".join(conversion.path))],
    )
    return conversion.minimum


@command(
    "Redeem your certificates and be paid in another token, at least what `quote` says, or not at all.",
    SERIES, AMOUNT, TOKEN, ROUTER, SLIPPAGE, FROM,
    example="series=USDC/1 amount=20 token=KRWT from=holder",
)  # fmt: skip
def main(session: Session, given: Arguments) -> int:
    card, holder = session.series(given.text("series")), session.wallet(given, DEFAULT)
    payout = session.payout(card.certificates.token.symbol)
    amount = given.amount("amount", payout.token.decimals)
    token, conversion = planned(session, given, payout, amount)
    held = card.certificates.account(card.series_id, holder.address).balance
    if held < amount:
        raise ArgumentError("not_enough", f"{holder.name} has {payout.token.show(held)} of {card.name}")
    say(f"at least {token.show(conversion.minimum)}, within ten minutes")
    session.confirm(f"{payout.token.show(amount)} of {card.name} into {token.symbol}.", "convert")
    received = payout.cash_out(holder, card.series_id, amount, conversion)
    done(f"{payout.token.show(amount)} of {card.name} became {token.show(received)}")
    return received


@command(
    "On a development chain: deploy Uniswap V2 with a pool of two currencies, and print its router.",
    Option("currency", "one currency's symbol"),
    Option("other", "the other's"),
    AMOUNT,
    Option("other_amount", "how much of the other the pool has"),
    example="currency=USDC other=KRWT amount=100000 other_amount=140000000",
)
def open_pool(session: Session, given: Arguments) -> str:
    if not session.development:
        raise UniswapError("development_only", "a live chain has Uniswap V2: give its router's address")
    first, second = (session.certificates(given.text(name)).token for name in ("currency", "other"))
    amounts = given.amount("amount", first.decimals), given.amount("other_amount", second.decimals)
    uniswap = development.open_pool(session.node, (first, second), amounts)
    done(f"a pool of {first.show(amounts[0])} and {second.show(amounts[1])}")
    session.note("router", uniswap.router)
    say(f"router={uniswap.router}")
    return uniswap.router
