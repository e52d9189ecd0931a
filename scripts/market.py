"""The secondary market: certificates sold below face, by signed offers in a file."""

from __future__ import annotations

from pathlib import Path

from largesse.arguments import ArgumentError, Arguments, Option
from largesse.command import command
from largesse.console import done, say, table
from largesse.market import Bought, Market, Standing
from largesse.moments import minute
from largesse.offer_book import OfferBook, SignedOffer
from largesse.prepaid import top_up_use
from largesse.session import Session
from largesse.session_keys import SessionKey

SERIES = Option("series", "name, or currency/number")
AMOUNT = Option("amount", "face, in whole currency, decimals after a point")
BOOK = Option("book", "the file of offers (default: out/market/<currency>.jsonl)", "")
FROM = Option("from", "who sends", "")
SELLER, BUYER = "holder", "stranger"
HOUR = 3_600


def opened(session: Session, given: Arguments) -> tuple[Market, int, str, OfferBook]:
    """The market of a series, its number and name, and the book of offers."""
    card = session.series(given.text("series"))
    symbol = card.certificates.token.symbol
    path = Path(given.text("book")) if given.has("book") else session.out("market") / f"{symbol}.jsonl"
    return session.market(symbol), card.series_id, card.name, OfferBook(path)


def per_cent(one: Standing) -> str:
    return f"{one.price_bps / 100:.2f} %"


def number_of(one: SignedOffer) -> str:
    return str(one.offer.nonce)


@command(
    "Offer certificates: sign, and write the offer into the book. Costs no gas after the first time.",
    SERIES, AMOUNT,
    Option("price", "for all of it"),
    Option("minimum", "face that a buyer takes at least", ""),
    Option("hours", "until the offer lapses", "168"),
    Option("referrer", "who gets `share` from the buyer: an address (a role on a development chain)", ""),
    Option("share", "on top of the price, for all of it", ""),
    Option("instead", "the number of an older offer that this one replaces", ""),
    BOOK, FROM,
    example="series=kr-culture-50000 amount=50000 price=46500 from=holder",
)  # fmt: skip
def offer(session: Session, given: Arguments) -> SignedOffer:
    market, series_id, name, book = opened(session, given)
    seller, decimals = session.wallet(given, SELLER), market.token.decimals
    amount, price = given.amount("amount", decimals), given.amount("price", decimals)
    more = {}
    if given.has("minimum"):
        more["minimum"] = given.amount("minimum", decimals)
        if more["minimum"] > amount:
            raise ArgumentError("bad_minimum", f"minimum={given.text('minimum')} is more than is offered")
    if given.has("instead"):
        more["nonce"] = given.whole("instead", least=0, most=2**64 - 1)
    if given.has("referrer") != given.has("share"):
        raise ArgumentError("both_or_none", "referrer=… and share=… belong together")
    share = given.amount("share", decimals) if given.has("share") else 0
    referrer = {"referrer": session.address(given.text("referrer"))} if given.has("referrer") else {}
    seconds = given.whole("hours", least=1, most=365 * 24) * HOUR
    session.confirm(f"{market.token.show(amount)} of {name} for {market.token.show(price)}.", "sell")
    signed = market.offer(
        seller, series_id, amount, price, seconds=seconds, referrer_share=share, **referrer, **more
    )
    book.add(signed)
    standing = market.standing(signed)
    done(f"offer {number_of(signed)}: {market.token.show(amount)} of {name} at {per_cent(standing)} of face")
    say(f"until {minute(signed.offer.expires_at)}, or until you cancel it; kept in {book.path.name}")
    return signed


@command(
    "All offers of a series in the book, and what each is worth now.", SERIES, BOOK, example="series=KRWT/1"
)
def list(session: Session, given: Arguments) -> int:  # noqa: A001 - what a person types
    market, series_id, name, book = opened(session, given)
    found = [market.standing(one) for one in book.read() if one.offer.series_id == series_id]
    rows = [
        (
            number_of(one.signed),
            one.signed.offer.seller,
            market.token.show(one.left),
            per_cent(one),
            one.why or "stands",
        )
        for one in found
    ]
    table(f"Offers of {name}", ("number", "seller", "left", "price", ""), rows)
    return sum(one.left > 0 for one in found)


@command("How much of a series can be bought, at which price.", SERIES, BOOK, example="series=KRWT/1")
def depth(session: Session, given: Arguments) -> int:
    market, series_id, name, book = opened(session, given)
    total, cost, rows = 0, 0, []
    for one in market.depth(book.read(), series_id):
        total, cost = total + one.left, cost + one.signed.part(one.left)
        rows.append(
            (market.token.show(one.left), per_cent(one), market.token.show(total), market.token.show(cost))
        )
    table(f"Depth of {name}", ("face", "price", "in all", "for"), rows)
    return total


@command(
    "Buy out of the book, best price first, up to a limit; or nothing.",
    SERIES, AMOUNT,
    Option("most", "what all of it may cost"),
    Option("into", "a session whose prepaid account it tops up at once: out/sessions/<name>.json", ""),
    BOOK, FROM,
    example="series=kr-culture-50000 amount=50000 most=46500 from=stranger",
)  # fmt: skip
def fill(session: Session, given: Arguments) -> Bought:
    market, series_id, name, book = opened(session, given)
    buyer, decimals = session.wallet(given, BUYER), market.token.decimals
    amount, most = given.amount("amount", decimals), given.amount("most", decimals)
    chosen, left = [], amount
    for one in market.depth(book.read(), series_id):
        if left > 0 and one.signed.offer.seller != buyer.address:
            chosen.append(one.signed)
            left -= one.left
    if left > 0:
        raise ArgumentError(
            "not_enough", f"the book has {market.token.show(amount - left)} of {name} for you"
        )
    session.confirm(
        f"{market.token.show(amount)} of {name} for {market.token.show(most)} at the most.", "buy"
    )
    if given.has("into"):
        key = SessionKey.read(session.out("sessions") / f"{given.file_name('into')}.json")
        account, service = key.account, session.prepaid(market.token.symbol).address
        bought = market.buy_into(
            buyer, chosen, series_id, amount, most, service, account.counterparty, top_up_use(account.index)
        )
        say(f"account {account.index} has {market.token.show(amount)} more")
    else:
        bought = market.buy(buyer, chosen, series_id, amount, most)
    done(f"{market.token.show(bought.amount)} of {name} for {market.token.show(bought.cost)}")
    return bought


@command(
    "Void an offer on the chain, or all of the seller's; one that is only deleted can still be filled.",
    SERIES,
    Option("number", "the offer's number, or all"),
    BOOK, FROM,
    example="series=kr-culture-50000 number=all from=holder",
)  # fmt: skip
def cancel(session: Session, given: Arguments) -> int:
    market, _, _, book = opened(session, given)
    seller = session.wallet(given, SELLER)
    if given.text("number") == "all":
        session.confirm(f"all offers of {seller.address}.", "cancel")
        market.cancel_all(seller)
    else:
        nonce = given.whole("number", least=0, most=2**64 - 1)
        session.confirm(f"offer {nonce} of {seller.address}.", "cancel")
        market.cancel(seller, nonce)
    gone = book.keep(
        one for one in book.read() if one.offer.seller != seller.address or market.standing(one).left
    )
    done(f"cancelled; {gone} of the book's offers are void and were taken out")
    return gone
