"""Bugs put into the item shop and the payout on purpose, one at a time: the machine must notice each of them.

python -m tests.stateful.spending.seeded_bugs [name …]    prints the table of INVARIANTS.md
"""

from __future__ import annotations

import sys

from tests.stateful.bugs import Bug, caught, print_rows
from tests.stateful.custody.seeded_bugs import CUSTODY_BUGS
from tests.stateful.spending.machine import live

DEBTS = {"owed not recorded", "owed paid twice"}
"""Of the bugs in what keeps money. Neither takes any but from the certificates, and consents are so rare here
that the other machines are left to notice the rest."""
BUGS = (
    # ----------------------------------------------------------------------------------- the offers
    Bug("a collection that is none", "ItemShop",
        "require(item.collection.code.length != 0, Items_NoCollection(item.collection));", ""),
    Bug("an item for nothing", "ItemShop", "require(item.price != 0, Items_ZeroPrice());", ""),
    Bug("an offer of none", "ItemShop", "require(stock != 0, Items_ZeroStock());", ""),
    Bug("a new stock added to the old", "ItemShop", "= Listing(item.price, stock);",
        "= Listing(item.price, stock + _listings[msg.sender][item.collection][item.itemId].stock % 99);"),
    Bug("an offer not taken back", "ItemShop", "delete _listings[msg.sender][collection][itemId];", ""),
    Bug("nothing taken back", "ItemShop",
        "require(listed.price != 0, Items_NotListed(msg.sender, collection, itemId));", "listed;"),
    # ------------------------------------------------------------------------------------ purchases
    Bug("anybody reports a purchase", "ItemShop",
        "require(msg.sender == address(_certificates), Items_NotCertificates(msg.sender));", ""),
    Bug("the price that was agreed", "ItemShop",
        "require(item.price == price, Items_PriceDiffers(item.price, price));", "price = item.price;"),
    Bug("more than is for sale", "ItemShop",
        "require(quantity <= stock, Items_OverStock(quantity, stock));",
        "if (quantity > stock) stock = quantity;"),
    Bug("one more than is for sale", "ItemShop", "require(quantity <= stock,",
        "require(quantity <= stock + 1,"),
    Bug("a stock that never ends", "ItemShop", "listed.stock = uint64(stock - quantity);", ""),
    Bug("one less a sale", "ItemShop", "listed.stock = uint64(stock - quantity);",
        "listed.stock = uint64(stock - 1);"),
    Bug("paid less than the price", "ItemShop", "require(paid == price * quantity,",
        "require(paid <= price * quantity,"),
    Bug("paid more than the price", "ItemShop", "require(paid == price * quantity,",
        "require(paid >= price * quantity,"),
    Bug("the price of one for all", "ItemShop", "require(paid == price * quantity,",
        "require(paid == price,"),
    Bug("what was bought not counted as used", "ItemShop",
        "_certificates.countUsed(portion.holder, portion.seriesId, uint96(portion.amount));", "portion;"),
    Bug("the merchant not paid", "ItemShop", "_payOut(payee, amount);", ""),
    Bug("paid to the recipient", "ItemShop", "_payOut(payee, amount);", "_payOut(bought.recipient, amount);"),
    Bug("nothing delivered", "ItemShop", "_deliver(payee, bought);", ""),
    Bug("one delivered", "ItemShop",
        "bought.item.itemId, bought.quantity, \"\");", "bought.item.itemId, 1, \"\");"),
    Bug("delivered to whoever pays", "ItemShop",
        "collection.safeTransferFrom(merchant, bought.recipient,",
        "collection.safeTransferFrom(merchant, tx.origin,"),
    Bug("what arrived not looked at", "ItemShop",
        "require(arrived == bought.quantity, Items_NotDelivered(bought.quantity, arrived));", "arrived;"),
    Bug("a sale told of another price", "ItemShop", "item.itemId, price, quantity, bought.recipient);",
        "item.itemId, paid, quantity, bought.recipient);"),
    # -------------------------------------------------------------------------------------- payouts
    Bug("a payout in its deadline's second", "UniswapV2Payout", "block.timestamp < conversion.deadline,",
        "block.timestamp <= conversion.deadline,"),
    Bug("anybody's card paid out", "UniswapV2Payout",
        "portion.holder == payee && !_isNamed(portion.seriesId)",
        "!_isNamed(portion.seriesId)"),
    Bug("no consent", "UniswapV2Payout", "if (order == 0) {", "if (order == type(uint64).max) {"),
    Bug("what was paid out not counted as used", "UniswapV2Payout",
        "_certificates.countUsed(portion.holder, portion.seriesId, uint96(portion.amount));", "portion;"),
    Bug("any path", "UniswapV2Payout",
        "require(first == address(_currency), Payout_Path(first, address(_currency)));", "first;"),
    Bug("no minimum at the router", "UniswapV2Payout",
        "swapExactTokensForTokens(amount, conversion.minimum,", "swapExactTokensForTokens(amount, 0,"),
    Bug("what arrived not measured", "UniswapV2Payout",
        "received >= conversion.minimum && received != 0", "received != 0"),
    Bug("half of it converted", "UniswapV2Payout", "swapExactTokensForTokens(amount,",
        "swapExactTokensForTokens(amount - amount / 2,"),
    Bug("paid out to whoever sends", "UniswapV2Payout", "path, payee, conversion.deadline);",
        "path, tx.origin, conversion.deadline);"),
    Bug("told what was promised", "UniswapV2Payout", "emit PaidOut(payee, address(token), amount, received);",
        "emit PaidOut(payee, address(token), amount, conversion.minimum);"),
    *(bug for bug in CUSTODY_BUGS if bug.name in DEBTS),
)  # fmt: skip


def caught_by(bug: Bug, seed: int = 0) -> str | None:
    """What the machine said when it noticed the bug, and after how many lives; None when it did not."""
    return caught(bug, "UniswapV2Payout" if bug.file == "UniswapV2Payout" else "ItemShop", live, seed)


if __name__ == "__main__":
    print_rows(BUGS, caught_by, sys.argv[1:])
