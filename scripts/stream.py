"""Streams: money that flows to a creator by the second, paid beforehand; what did not flow comes back."""

from __future__ import annotations

from pathlib import Path

from largesse import jar_actions
from largesse.arguments import ArgumentError, Arguments, Option
from largesse.books.jar_report import show_scaled
from largesse.chain import Wallet
from largesse.clients.jars import Done
from largesse.clients.tips import Tips, open_use, top_up_use
from largesse.commands.command import command
from largesse.commands.paying import (
    CURRENCY,
    FROM,
    PAY,
    SERIES,
    SIGN,
    TO,
    VERSION,
    card_of,
    carry_out,
    chosen_jar,
    pay_by_card,
    payer_of,
)
from largesse.console import done
from largesse.jars import StreamKey, lasting, parse_rate
from largesse.moments import minute
from largesse.session import Session

INDEX = Option("index", "which stream of this payer to this jar", "0")
RATE = Option("rate", "like 0.05/minute: by second, minute, hour, day, week or month (30 days)")
AMOUNT = Option("amount", "in whole currency, decimals after a point")


@command(
    "Open a stream. It ends when the amount is used up, or is ended before; nothing renews by itself.",
    CURRENCY,
    TO,
    RATE,
    AMOUNT,
    Option("index", "which stream of this payer to this jar (default: the first free one)", ""),
    VERSION,
    SERIES,
    PAY,
    SIGN,
    FROM,
    example="currency=USDC to=creator rate=0.60/hour amount=1.80 from=supporter",
)
def open(session: Session, given: Arguments) -> StreamKey:  # noqa: A001 - what a person types
    tips, payer = session.tips(given.text("currency")), payer_of(session, given)
    token, jar = tips.token, chosen_jar(session, given)
    rate, amount = parse_rate(given.text("rate"), token.decimals), given.amount("amount", token.decimals)
    seconds, _ = lasting(amount, rate, token.decimals)
    free = given.whole("index") if given.has("index") else tips.free_index(payer.address, jar)
    key = StreamKey(payer.address, jar, free)
    flow = f"{token.show(amount)}, {show_scaled(rate, token)} a second for {seconds:,} s"
    what = f"stream {key.index} to {given.text('to')}: {flow}"
    if card := card_of(session, given, tips):
        to, use = session.address(given.text("to")), open_use(rate, key.index)
        pay_by_card(session, tips, card, amount, to, use, payer, what)
    else:
        carry_out(session, given, tips, jar_actions.open_stream(key, rate, amount), payer, what)
    _show_end(given, tips, key)
    return key


@command(
    "Make a running stream last longer; anybody can.",
    CURRENCY,
    TO,
    AMOUNT,
    INDEX,
    VERSION,
    Option("payer", "whose stream, where it is another's: address (a role on a development chain)", ""),
    SERIES,
    PAY,
    SIGN,
    FROM,
    example="currency=USDC to=creator amount=0.60 from=supporter",
)
def top_up(session: Session, given: Arguments) -> StreamKey:
    tips, payer = session.tips(given.text("currency")), payer_of(session, given)
    amount = given.amount("amount", tips.token.decimals)
    owner = session.address(given.text("payer")) if given.has("payer") else payer.address
    key = StreamKey(owner, chosen_jar(session, given), given.whole("index"))
    what = f"{tips.token.show(amount)} more for stream {key.index}"
    if card := card_of(session, given, tips):
        if owner != payer.address:
            raise ArgumentError("not_with_a_card", "a card tops up its holder's own stream, not another's")
        to, use = session.address(given.text("to")), top_up_use(key.index)
        pay_by_card(session, tips, card, amount, to, use, payer, what)
    else:
        carry_out(session, given, tips, jar_actions.top_up(key, payer.address, amount), payer, what)
    _show_end(given, tips, key)
    return key


@command(
    "End a stream: what has not flowed by this second comes back.",
    CURRENCY,
    TO,
    INDEX,
    VERSION,
    SIGN,
    FROM,
    example="currency=USDC to=creator from=supporter",
)
def cancel(session: Session, given: Arguments) -> Done | Path:
    tips, payer, key = _stream(session, given)
    action = jar_actions.cancel(key)
    result = carry_out(session, given, tips, action, payer, f"the end of stream {key.index}")
    if isinstance(result, Done):
        done(f"{tips.token.show(result['refund'])} are back")
    return result


@command(
    "Give a running stream another rate; what is left lasts longer or shorter.",
    CURRENCY,
    TO,
    RATE,
    INDEX,
    VERSION,
    SIGN,
    FROM,
    example="currency=USDC to=creator rate=1.20/hour from=supporter",
)
def rate(session: Session, given: Arguments) -> Done | Path:
    tips, payer, key = _stream(session, given)
    scaled = parse_rate(given.text("rate"), tips.token.decimals)
    what = f"from now on {show_scaled(scaled, tips.token)} a second in stream {key.index}"
    result = carry_out(session, given, tips, jar_actions.change_rate(key, scaled), payer, what)
    _show_end(given, tips, key)
    return result


@command(
    "Stop a stream and keep what is left for later.",
    CURRENCY,
    TO,
    INDEX,
    VERSION,
    SIGN,
    FROM,
    example="currency=USDC to=creator from=supporter",
)
def pause(session: Session, given: Arguments) -> Done | Path:
    tips, payer, key = _stream(session, given)
    result = carry_out(session, given, tips, jar_actions.pause(key), payer, f"a stop of stream {key.index}")
    if isinstance(result, Done):
        done(f"{result['secondsLeft']:,} seconds are left for later")
    return result


@command(
    "Go on with a stopped stream.",
    CURRENCY,
    TO,
    INDEX,
    VERSION,
    SIGN,
    FROM,
    example="currency=USDC to=creator from=supporter",
)
def resume(session: Session, given: Arguments) -> Done | Path:
    tips, payer, key = _stream(session, given)
    action = jar_actions.resume(key)
    result = carry_out(session, given, tips, action, payer, f"stream {key.index} goes on")
    _show_end(given, tips, key)
    return result


@command(
    "Have what has flowed of a certificate's money count as used, for its holder's right to the remainder; "
    "anybody may send it. The end of a stream does it by itself.",
    CURRENCY,
    TO,
    INDEX,
    VERSION,
    Option("payer", "whose stream, where it is another's: address (a role on a development chain)", ""),
    Option("from", "who sends", ""),
    example="currency=KRWT to=creator from=giver",
)
def used(session: Session, given: Arguments) -> bool:
    tips, sender = session.tips(given.text("currency")), payer_of(session, given)
    owner = session.address(given.text("payer")) if given.has("payer") else sender.address
    key = StreamKey(owner, chosen_jar(session, given), given.whole("index"))
    series_id = tips.stream(key).series_id
    if series_id == 0:
        done(f"stream {key.index} is of money, or of nobody: it counts for no certificate")
        return False
    tips.count_used(sender, key)
    done(f"what has flowed of stream {key.index} counts as used in series {series_id}")
    return True


def _stream(session: Session, given: Arguments) -> tuple[Tips, Wallet, StreamKey]:
    payer = payer_of(session, given)
    key = StreamKey(payer.address, chosen_jar(session, given), given.whole("index"))
    return session.tips(given.text("currency")), payer, key


def _show_end(given: Arguments, tips: Tips, key: StreamKey) -> None:
    if not given.has("sign"):
        done(f"it runs until {minute(tips.stream(key).ends_at)} UTC")
