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
LARGEST_ID = 2**256 - 1


def chosen(session: Session, given: Arguments, shop: Items) -> Item:
    """The item that is named."""
    price = given.amount("price", shop.token.decimals)
    number = given.whole("item", least=0, most=LARGEST_ID)
    return Item(session.address(given.text("collection")), number, price)


@command(
    "Offer an item at a price, and let the shop deliver the merchant's stock of the collection.",
    CURRENCY, COLLECTION, ITEM, PRICE, FROM,
    example="currency=USDC collection=0x… item=7 price=2.50 from=merchant",
)  # fmt: skip
def list(session: Session, given: Arguments) -> int:  # noqa: A001 - what a person types
    shop, merchant = session.items(given.text("currency")), session.wallet(given, "merchant")
    item = chosen(session, given, shop)
    session.confirm(f"item {item.item_id} of {item.collection} at {shop.token.show(item.price)}.", "list")
    shop.list(merchant, item)
    stock = shop.stock(merchant.address, item)
    done(f"item {item.item_id} sells at {shop.token.show(item.price)}; {stock} can be delivered")
    return stock


@command(
    "Take an offer back.",
    CURRENCY, COLLECTION, ITEM, PRICE, FROM,
    example="currency=USDC collection=0x… item=7 price=2.50 from=merchant",
)  # fmt: skip
def withdraw(session: Session, given: Arguments) -> None:
    shop, merchant = session.items(given.text("currency")), session.wallet(given, "merchant")
    item = chosen(session, given, shop)
    shop.withdraw(merchant, item)
    done(f"item {item.item_id} no longer sells at {shop.token.show(item.price)}")


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
    "Whether an item is for sale, and how many can be delivered.",
    CURRENCY, COLLECTION, ITEM, PRICE, MERCHANT,
    example="currency=USDC collection=0x… item=7 price=2.50 merchant=merchant",
)  # fmt: skip
def show(session: Session, given: Arguments) -> int:
    shop, merchant = session.items(given.text("currency")), session.address(given.text("merchant"))
    item = chosen(session, given, shop)
    listed, stock = shop.is_listed(merchant, item), shop.stock(merchant, item)
    rows = [
        ("price", shop.token.show(item.price)),
        ("listed", "yes" if listed else "no"),
        ("stock", str(stock)),
    ]
    table(f"Item {item.item_id} of {item.collection}", ("", ""), rows)
    return stock if listed else 0
