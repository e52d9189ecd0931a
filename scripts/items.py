"""Digital goods: a merchant lists ERC-1155 items, certificates buy them; paid and delivered, or neither."""

from __future__ import annotations

from largesse.arguments import Arguments, Option
from largesse.command import command
from largesse.console import done, table
from largesse.items import Item, Items
from largesse.session import Session

CURRENCY = Option("currency", "the currency's symbol")
COLLECTION = Option("collection", "the ERC-1155 contract's address")
ITEM = Option("item", "the item's number in it")
PRICE = Option("price", "of one, in whole currency, decimals after a point")
MERCHANT = Option("merchant", "who sells: an address (a role on a development chain)")
FROM = Option("from", "who sends", "")
LARGEST_ID, LARGEST_STOCK = 2**256 - 1, 2**64 - 1


def named(session: Session, given: Arguments) -> tuple[str, int]:
    """The collection and the item's number."""
    return session.address(given.text("collection")), given.whole("item", least=0, most=LARGEST_ID)


def chosen(session: Session, given: Arguments, shop: Items) -> Item:
    """The item that is named, at the price that is given."""
    return Item(*named(session, given), given.amount("price", shop.token.decimals))


@command(
    "Offer some of an item at a price, and let the shop deliver what the merchant has of the collection.",
    CURRENCY, COLLECTION, ITEM, PRICE,
    Option("stock", "how many are for sale"),
    FROM,
    example="currency=USDC collection=0x… item=7 price=2.50 stock=10 from=merchant",
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
    "Take an offer back.",
    CURRENCY, COLLECTION, ITEM, FROM,
    example="currency=USDC collection=0x… item=7 from=merchant",
)  # fmt: skip
def withdraw(session: Session, given: Arguments) -> None:
    shop, merchant = session.items(given.text("currency")), session.wallet(given, "merchant")
    collection, number = named(session, given)
    shop.withdraw(merchant, collection, number)
    done(f"item {number} of {collection} is no longer for sale")


@command(
    "Buy items with a certificate, for yourself or for somebody.",
    Option("series", "of the certificate: name, or currency/number"),
    COLLECTION, ITEM, PRICE, MERCHANT,
    Option("quantity", "how many", "1"),
    Option("to", "who gets them, if not the buyer", ""),
    FROM,
    example="series=USDC/1 collection=0x… item=7 price=2.50 merchant=merchant from=holder",
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
    example="currency=USDC collection=0x… item=7 merchant=merchant",
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
