"""The secondary market: sign offers into a book, look at it, buy from it, take offers back."""

from __future__ import annotations

from pathlib import Path

from largesse.addresses import ZERO_ADDRESS
from largesse.arguments import ArgumentError, Arguments, Option
from largesse.clients.market import Bought, Market
from largesse.commands.command import command
from largesse.commands.refusing import explained
from largesse.console import done, say, table
from largesse.moments import minute
from largesse.order_book import (
    Level,
    SignedOffer,
    Standing,
    add_offer,
    depth,
    next_nonce,
    of_series,
    read_book,
)
from largesse.session import SeriesChoice, Session

SERIES = Option("series", "name, or currency/number")
BOOK = Option("book", "the file: out/market/<book>.jsonl", "book")
AMOUNT = Option("amount", "face, in whole currency, decimals after a point")
FROM = Option("from", "who sends", "")


def found(session: Session, given: Arguments) -> tuple[SeriesChoice, Market, Path]:
    """The series that is named, its market and the book."""
    series = session.series(given.text("series"))
    path = session.out("market") / f"{given.file_name('book')}.jsonl"
    return series, session.market(series.certificates), path


def offers(path: Path) -> list[SignedOffer]:
    """The book's; lines that are no offers are told and passed over."""
    book = read_book(path)
    for fault in book.faults:
        say(f"passed over: {fault}")
    return book.offers


def standings(market: Market, path: Path, series: SeriesChoice) -> list[Standing]:
    """The book's offers of a series, as they stand."""
    return [market.standing(signed) for signed in of_series(offers(path), series.series_id)]


def offers_of(market: Market, path: Path, seller: str) -> list[SignedOffer]:
    """What the seller signed for this market; anybody may have written offers in its name."""
    named = [signed for signed in offers(path) if signed.offer.seller == seller]
    return [one for one in named if market.standing(one).problem not in ("wrong_place", "bad_signature")]


@command(
    "Sign an offer and put it into the book. The market is approved for the seller's certificates.",
    SERIES,
    AMOUNT,
    Option("price", "for all of it"),
    Option("minimum", "face that a buyer takes at least", "0"),
    Option("referrer", "an address (a role on a development chain)", ""),
    Option("share", "what a buyer of all of it pays the referrer on top", "0"),
    Option("days", "how long it stands, at most until the series expires", "30"),
    BOOK,
    FROM,
    example="series=kr-culture-50000 amount=50000 price=46500 from=giver",
)
def offer(session: Session, given: Arguments) -> SignedOffer:
    series, market, path = found(session, given)
    seller, token = session.wallet(given, "giver"), market.token
    amount, price = given.amount("amount", token.decimals), given.amount("price", token.decimals)
    minimum = given.amount("minimum", token.decimals) if given.text("minimum") != "0" else 0
    share = given.amount("share", token.decimals) if given.text("share") != "0" else 0
    referrer = session.address(given.text("referrer")) if given.has("referrer") else ZERO_ADDRESS
    if price > amount:
        say(f"note: {token.show(price)} is more than the face, {token.show(amount)}")
    session.confirm(f"{token.show(amount)} of {series.name} for {token.show(price)}.", "offer")
    signed = market.offer(
        seller,
        series.series_id,
        amount,
        price,
        minimum=minimum,
        referrer=referrer,
        referrer_share=share,
        nonce=next_nonce(offers_of(market, path, seller.address), seller.address),
        seconds=86_400 * given.whole("days", least=1, most=3_650),
    )
    add_offer(path, signed)
    done(f"offer {signed.offer.nonce}: {token.show(amount)} for {token.show(price)}")
    return signed


@command("Every offer of a series, good or not.", SERIES, BOOK, example="series=kr-culture-50000")
def main(session: Session, given: Arguments) -> list[Standing]:
    series, market, path = found(session, given)
    show, rows = market.token.show, standings(market, path, series)
    table(
        f"Offers of {series.name}",
        ("offer", "face", "price", "left", "until", ""),
        [
            (
                str(one.signed.offer.nonce),
                show(one.signed.offer.amount),
                show(one.signed.offer.price),
                show(one.available),
                minute(one.signed.offer.expires_at),
                one.problem.replace("_", " ") or "good",
            )
            for one in rows
        ],
    )
    return rows


@command("What can be bought at which price.", SERIES, BOOK, example="series=kr-culture-50000")
def depth_of(session: Session, given: Arguments) -> list[Level]:
    series, market, path = found(session, given)
    levels = depth(standings(market, path, series))
    show = market.token.show
    table(
        f"Depth of {series.name}",
        ("per face", "face", "face up to here", "for"),
        [
            (f"{float(100 * level.unit_cost):.2f} %", show(level.amount), show(level.total), show(level.cost))
            for level in levels
        ],
    )
    return levels


@command(
    "Buy, the best offers first, up to a price; all of it or nothing.",
    SERIES,
    AMOUNT,
    Option("most", "the price limit: offers that cost more than this for so much face are passed over"),
    BOOK,
    FROM,
    example="series=kr-culture-50000 amount=50000 most=46500 from=holder",
)
def fill(session: Session, given: Arguments) -> Bought:
    series, market, path = found(session, given)
    buyer, token = session.wallet(given, "holder"), market.token
    amount, most = given.amount("amount", token.decimals), given.amount("most", token.decimals)
    rows = standings(market, path, series)
    session.confirm(f"{token.show(amount)} of {series.name} for at most {token.show(most)}.", "buy")
    with explained("Market_TooLittle", lambda face, *_: _too_dear(token.show(face) if face else "")):
        bought = market.fill(buyer, rows, series.series_id, amount, (most, amount))
    done(f"{token.show(bought.amount)} bought for {token.show(bought.cost)}")
    return bought


def _too_dear(cheap: str) -> str:
    """Where so much of the face costs as little as it may; "" for none."""
    found = f"only {cheap} cost" if cheap else "no offer costs"
    return f"most=…: {found} as little: `brownie run market depth_of` shows what there is at which price"


@command(
    "Take one offer back, or all that were ever signed.",
    SERIES,
    Option("offer", "its number, or all"),
    BOOK,
    FROM,
    example="series=kr-culture-50000 offer=all from=giver",
)
def cancel(session: Session, given: Arguments) -> None:
    _, market, _ = found(session, given)
    seller, which = session.wallet(given, "giver"), given.text("offer")
    if which == "all":
        market.cancel_all(seller)
        done("every offer signed so far is void")
        return
    if not (which.isascii() and which.isdigit() and int(which) < 2**64):
        raise ArgumentError("bad_number", f"offer={which} is neither a number of 64 bits nor `all`")
    market.cancel(seller, [int(which)])
    done(f"offer {which} is void")
