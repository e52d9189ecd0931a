"""Pay on delivery: money waits until the buyer confirms, the seller gives it back, or the order ends."""

from __future__ import annotations

from largesse.arguments import ArgumentError, Arguments, Option
from largesse.clients.orders import MAX_HOLD_SECONDS, HeldOrder, Opening, OrderKey, Orders
from largesse.commands.command import command
from largesse.commands.paying import card_in
from largesse.console import done, say, table
from largesse.moments import minute
from largesse.session import Session

CURRENCY = Option("currency", "the currency's symbol")
SELLER = Option("seller", "whom it pays: an address (a role on a development chain)")
BUYER = Option("buyer", "who paid: an address (a role on a development chain)")
NUMBER = Option("number", "the order's number between the two, used once")
PART = Option("amount", "in whole currency, decimals after a point (default: all that is held)", "")
MAX_NUMBER = 2**64 - 1
DAY = 86_400


def chosen(given: Arguments, buyer: str, seller: str) -> OrderKey:
    """The order that is named."""
    return OrderKey(buyer, seller, given.whole("number", most=MAX_NUMBER))


def known(orders: Orders, key: OrderKey) -> HeldOrder:
    """It as it stands. Raises ArgumentError no_such_order."""
    order = orders.order(key)
    if not order.is_known:
        raise ArgumentError(
            "no_such_order", f"there is no order {key.number} of {key.buyer} with {key.seller}"
        )
    return order


def part(orders: Orders, given: Arguments, order: HeldOrder) -> int:
    """How much of it. Raises ArgumentError over_held, ended."""
    now = orders.node.now()
    if now >= order.ends_at:
        raise ArgumentError("ended", f"it ended at {minute(order.ends_at)}: `hold end` sends what is left")
    amount = given.amount("amount", orders.token.decimals) if given.has("amount") else order.held
    if not 0 < amount <= order.held:
        show = orders.token.show
        raise ArgumentError("over_held", f"amount {show(amount)}: {show(order.held)} is held")
    return amount


@command(
    "Open an order and pay for it; the money waits here.",
    CURRENCY,
    SELLER,
    NUMBER,
    Option("amount", "in whole currency, decimals after a point"),
    Option("days", "after so many what is left goes to one side", "14"),
    Option("favours", "which side that is: buyer or seller", "buyer"),
    Option("series", "pay with a certificate: name, or currency/number", ""),
    Option("from", "the buyer", ""),
    example="currency=USDC seller=merchant number=7001 amount=25 from=holder",
)
def open(session: Session, given: Arguments) -> OrderKey:  # noqa: A001 - what a person types
    orders, buyer = session.orders(given.text("currency")), session.wallet(given, "holder")
    token, seller = orders.token, session.address(given.text("seller"))
    amount = given.amount("amount", token.decimals)
    ends_at = orders.node.now() + given.whole("days", least=1, most=MAX_HOLD_SECONDS // DAY) * DAY
    if given.text("favours") not in ("buyer", "seller"):
        raise ArgumentError("bad_side", f"favours={given.text('favours')} is neither buyer nor seller")
    key = chosen(given, buyer.address, seller)
    if orders.order(key).is_known:
        raise ArgumentError("number_used", f"number {key.number} was used with {seller} before")
    opening = Opening(seller, key.number, ends_at, given.text("favours") == "seller")
    what = f"{token.show(amount)} held for order {key.number} with {seller}"
    session.confirm(f"{what}; at {minute(ends_at)} what is left is the {given.text('favours')}'s.", "pay")
    if card := card_in(session, given, orders.certificates):
        orders.redeem(buyer, card.series_id, amount, seller, opening.use())
    else:
        orders.open(buyer, opening, amount)
    done(what)
    say(f"at {minute(ends_at)} what is left is the {given.text('favours')}'s")
    return key


@command(
    "Say that it was delivered: the seller is paid.",
    CURRENCY,
    SELLER,
    NUMBER,
    PART,
    Option("from", "the buyer", ""),
    example="currency=USDC seller=merchant number=7001 from=holder",
)
def confirm(session: Session, given: Arguments) -> int:
    orders, buyer = session.orders(given.text("currency")), session.wallet(given, "holder")
    key = chosen(given, buyer.address, session.address(given.text("seller")))
    amount = part(orders, given, known(orders, key))
    session.confirm(f"{orders.token.show(amount)} of order {key.number} to {key.seller}.", "pay")
    orders.confirm(buyer, key, amount)
    done(f"{orders.token.show(amount)} are the seller's")
    return amount


@command(
    "Give back what is held for the seller: money as money, a certificate onto its card.",
    CURRENCY,
    BUYER,
    NUMBER,
    PART,
    Option("from", "the seller", ""),
    example="currency=USDC buyer=holder number=7001 amount=5 from=merchant",
)
def refund(session: Session, given: Arguments) -> int:
    orders, seller = session.orders(given.text("currency")), session.wallet(given, "merchant")
    key = chosen(given, session.address(given.text("buyer")), seller.address)
    amount = part(orders, given, known(orders, key))
    session.confirm(f"{orders.token.show(amount)} of order {key.number} back to {key.buyer}.", "pay")
    orders.refund(seller, key, amount)
    done(f"{orders.token.show(amount)} are the buyer's again")
    return amount


@command(
    "After an order's end: send what is left where it was agreed. Anybody can.",
    CURRENCY,
    BUYER,
    SELLER,
    NUMBER,
    Option("from", "who pays the gas", ""),
    example="currency=USDC buyer=holder seller=merchant number=7001 from=relayer",
)
def end(session: Session, given: Arguments) -> int:
    orders, sender = session.orders(given.text("currency")), session.wallet(given, "relayer")
    key = chosen(given, session.address(given.text("buyer")), session.address(given.text("seller")))
    order = known(orders, key)
    if orders.node.now() < order.ends_at:
        raise ArgumentError("not_yet", f"it ends at {minute(order.ends_at)}")
    if not order.held:
        raise ArgumentError("closed", f"nothing is left of order {key.number}")
    orders.end(sender, key)
    done(f"{orders.token.show(order.held)} went to the {'seller' if order.to_seller else 'buyer'}")
    return order.held


@command(
    "How an order stands.",
    CURRENCY,
    BUYER,
    SELLER,
    NUMBER,
    example="currency=USDC buyer=holder seller=merchant number=7001",
)
def show(session: Session, given: Arguments) -> HeldOrder:
    orders = session.orders(given.text("currency"))
    key = chosen(given, session.address(given.text("buyer")), session.address(given.text("seller")))
    order = known(orders, key)
    rows = [
        ("buyer", key.buyer),
        ("seller", key.seller),
        ("held", orders.token.show(order.held)),
        ("ends", minute(order.ends_at)),
        ("then it is", "the seller's" if order.to_seller else "the buyer's"),
        ("paid with", f"certificates of series {order.series_id}" if order.series_id else "money"),
    ]
    table(f"Order {key.number}", ("", ""), rows)
    return order
