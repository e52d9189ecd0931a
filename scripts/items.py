"""Digital goods: a merchant lists ERC-1155 items, certificates buy them; paid and delivered, or neither."""

from __future__ import annotations

from largesse.arguments import Arguments, Option
from largesse.chain import development_wallet
from largesse.clients.items import Item, Items
from largesse.commands.command import command
from largesse.console import done, say, table
from largesse.development import make_collection, mint_items
from largesse.session import Session, SessionError

SERIES = Option("series", "of the certificates: name, or currency/number")
CURRENCY = Option("currency", "the currency's symbol")
COLLECTION = Option("collection", "the ERC-1155 contract's address, if not the one of `make`", "")
ITEM = Option("item", "the item's number in it")
PRICE = Option("price", "of one, in whole currency, decimals after a point")
MERCHANT = Option("merchant", "who sells: an address (a role on a development chain)")
FROM = Option("from", "who sends", "")
LARGEST_ID, LARGEST_STOCK = 2**256 - 1, 2**64 - 1


def named(session: Session, given: Arguments) -> tuple[str, int]:
    """The collection and the item's number."""
    return session.noted("collection", given, "items make"), given.whole("item", least=0, most=LARGEST_ID)


def chosen(session: Session, given: Arguments, shop: Items) -> Item:
    """The item that is named, at the price that is given."""
    return Item(*named(session, given), given.amount("price", shop.token.decimals))


@command(
    "On a development chain: make a collection, with some of an item for a merchant.",
    ITEM,
    Option("count", "how many"),
    Option("to", "whose they are"),
    example="item=7 count=100 to=merchant",
)
def make(session: Session, given: Arguments) -> str:
    number, count = given.whole("item", least=0, most=LARGEST_ID), given.whole("count", least=1)
    to, deployer = session.address(given.text("to")), development_wallet("deployer")
    if not session.development:
        raise SessionError("development_only", "a live chain has collections: give one's address")
    collection = make_collection(session.node)
    mint_items(session.node, collection, to, number, count, deployer)
    session.note("collection", collection)
    done(f"{count} of item {number} for {to}")
    say(f"collection={collection}")
    return collection


@command(
    "Offer some of an item at a price, and let the shop deliver what the merchant has of the collection.",
    CURRENCY, COLLECTION, ITEM, PRICE,
    Option("stock", "how many are for sale"),
    FROM,
    example="currency=USDC item=7 price=2.50 stock=10 from=merchant",
)  # fmt: skip
def list(session: Session, given: Arguments) -> int:  # noqa: A001 - what a person types
    shop, merchant = session.items(given.text("currency")), session.wallet(given, "merchant")
    item, number = chosen(session, given, shop), given.whole("stock", least=1, most=LARGEST_STOCK)
    price = shop.token.show(item.price)
    session.confirm(f"{number} of item {item.item_id} of {item.collection} at {price}.", "list")
    shop.list(merchant, item, number)
    stock = shop.stock(merchant.address, item)
    done(f"item {item.item_id} sells at {shop.token.show(item.price)}; {stock} can be delivered")
    return stock


@command(
    "Let the certificates of a named series buy from a merchant; an open one may anyway.",
    SERIES, MERCHANT, FROM,
    example="series=kr-culture-50000 merchant=bookshop from=issuer",
)  # fmt: skip
def admit(session: Session, given: Arguments) -> None:
    card, issuer = session.series(given.text("series")), session.wallet(given, "issuer")
    shop, merchant = session.items(card.certificates.token.symbol), session.address(given.text("merchant"))
    session.confirm(f"{card.name}: items of {merchant}, for good.", "admit")
    shop.admit(issuer, card.series_id, merchant)
    done(f"{card.name} buys items of {merchant}")


@command(
    "Take an offer back.",
    CURRENCY, COLLECTION, ITEM, FROM,
    example="currency=USDC item=7 from=merchant",
)  # fmt: skip
def withdraw(session: Session, given: Arguments) -> None:
    shop, merchant = session.items(given.text("currency")), session.wallet(given, "merchant")
    collection, number = named(session, given)
    shop.withdraw(merchant, collection, number)
    done(f"item {number} of {collection} is no longer for sale")


@command(
    "Buy items with a certificate, for yourself or for somebody.",
    SERIES,
    COLLECTION, ITEM, PRICE, MERCHANT,
    Option("quantity", "how many", "1"),
    Option("to", "who gets them, if not the buyer", ""),
    FROM,
    example="series=USDC/1 item=7 price=2.50 merchant=merchant from=holder",
)  # fmt: skip
def buy(session: Session, given: Arguments) -> int:
    card, holder = session.series(given.text("series")), session.wallet(given, "holder")
    shop = session.items(card.certificates.token.symbol)
    item, merchant = chosen(session, given, shop), session.address(given.text("merchant"))
    quantity = given.whole("quantity", least=1, most=10**9)
    recipient = session.address(given.text("to")) if given.has("to") else holder.address
    total = item.price * quantity
    session.confirm(f"{shop.token.show(total)} of {card.name} for {quantity} of item {item.item_id}.", "buy")
    shop.buy(holder, card.series_id, merchant, item, quantity, recipient=recipient)
    done(f"{quantity} of item {item.item_id} for {recipient}, for {shop.token.show(total)} of {card.name}")
    return total


@command(
    "What an item costs, and how many can be delivered.",
    CURRENCY, COLLECTION, ITEM, MERCHANT,
    example="currency=USDC item=7 merchant=merchant",
)  # fmt: skip
def show(session: Session, given: Arguments) -> int:
    shop, merchant = session.items(given.text("currency")), session.address(given.text("merchant"))
    collection, number = named(session, given)
    listed = shop.listing(merchant, collection, number)
    stock = shop.stock(merchant, Item(collection, number, listed.price)) if listed.price else 0
    price = shop.token.show(listed.price) if listed.price else "not for sale"
    rows = [("price", price), ("for sale", f"{listed.stock:,}"), ("can be delivered", f"{stock:,}")]
    table(f"Item {number} of {collection}", ("", ""), rows)
    return stock
