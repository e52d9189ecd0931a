"""Bugs put into the held orders on purpose, one at a time: the machine must notice each of them.

python -m tests.stateful.orders.seeded_bugs [name …]    prints the table of INVARIANTS.md
"""

from __future__ import annotations

import sys

from tests.stateful.bugs import Bug, caught, print_rows
from tests.stateful.custody.seeded_bugs import CUSTODY_BUGS, GIVING_BACK
from tests.stateful.orders.machine import live

BUGS = (
    # -------------------------------------------------------------------------------------- opening
    Bug("a number used twice", "HeldOrders",
        "require(made.endsAt == 0, Orders_Exists(buyer, seller, number));", ""),
    Bug("a number used again when nothing is held", "HeldOrders",
        "require(made.endsAt == 0,", "require(made.amount == 0,"),
    Bug("an order of nothing", "HeldOrders", "require(amount != 0, Orders_ZeroAmount()); // What", "// What"),
    Bug("an order for nobody", "HeldOrders", "seller != address(0) && seller != address(this)",
        "seller != address(this)"),
    Bug("an order for the contract itself", "HeldOrders", "seller != address(0) && seller != address(this)",
        "seller != address(0)"),
    Bug("an end that has come", "HeldOrders", "endsAt > block.timestamp &&", "endsAt >= block.timestamp &&"),
    Bug("an end in any year", "HeldOrders", "&& endsAt <= block.timestamp + MAX_HOLD", ""),
    Bug("an end a second too far", "HeldOrders", "&& endsAt <= block.timestamp + MAX_HOLD",
        "&& endsAt <= block.timestamp + MAX_HOLD + 1"),
    Bug("the other side favoured", "HeldOrders",
        "(amount, opening.endsAt, opening.toSeller,", "(amount, opening.endsAt, !opening.toSeller,"),
    Bug("a card taken for money", "HeldOrders", "_open(buyer, opening, uint96(amount), seriesId);",
        "_open(buyer, opening, uint96(amount), 0);"),
    Bug("opened for whom it pays", "HeldOrders", "_open(buyer, opening, uint96(amount), seriesId);",
        "_open(payee, opening, uint96(amount), seriesId);"),
    Bug("an order as long as its series", "HeldOrders", "require(opening.endsAt < expiresAt,",
        "require(opening.endsAt <= expiresAt,"),
    Bug("an order longer than its series", "HeldOrders",
        "require(opening.endsAt < expiresAt, Orders_EndsAfterSeries(opening.endsAt, expiresAt));",
        "expiresAt;"),
    Bug("anybody reports a redemption", "HeldOrders",
        "require(msg.sender == address(_certificates), Orders_NotCertificates(msg.sender));", ""),
    Bug("opened by another's signature", "HeldOrders", "_pullByConsent(buyer, amount, structHash, consent);",
        "structHash; _pull(buyer, amount);"),
    # --------------------------------------------------------------------------- confirmed, refunded
    Bug("the seller confirms", "HeldOrders", "_take(CONFIRM_TYPEHASH, key.buyer,",
        "_take(CONFIRM_TYPEHASH, key.seller,"),
    Bug("the buyer refunds", "HeldOrders", "_take(REFUND_TYPEHASH, key.seller,",
        "_take(REFUND_TYPEHASH, key.buyer,"),
    Bug("a refund signed as a confirmation", "HeldOrders",
        "_take(REFUND_TYPEHASH,", "_take(CONFIRM_TYPEHASH,"),
    Bug("anybody confirms", "HeldOrders", "if (!_isOwnCall(side, consent)) {",
        "if (consent.signature.length != 0) {"),
    Bug("confirmed twice", "HeldOrders", "held.amount = left - amount;", ""),
    Bug("all of it gone with a part", "HeldOrders", "held.amount = left - amount;", "held.amount = 0;"),
    Bug("more than is held", "HeldOrders", "require(amount <= left, Orders_OverHeld(amount, left));",
        "if (amount > left) left = amount;"),
    Bug("nothing confirmed", "HeldOrders",
        "require(amount != 0, Orders_ZeroAmount()); require(amount <= left", "require(amount <= left"),
    Bug("confirmed in the end's first second", "HeldOrders",
        "require(block.timestamp < endsAt, Orders_Ended", "require(block.timestamp <= endsAt, Orders_Ended"),
    Bug("confirmed to the buyer", "HeldOrders",
        "_payOut(key.seller, amount);", "_payOut(key.buyer, amount);"),
    Bug("paid to whoever confirms", "HeldOrders",
        "_payOut(key.seller, amount);", "_payOut(msg.sender, amount);"),
    Bug("refunded to the seller", "HeldOrders",
        "emit OrderRefunded(key.buyer, key.seller, key.number, amount); _giveBack(key.buyer,",
        "emit OrderRefunded(key.buyer, key.seller, key.number, amount); _giveBack(key.seller,"),
    Bug("what the seller gets not counted as used", "HeldOrders",
        "if (seriesId != 0) _certificates.countUsed(key.buyer, seriesId, uint96(amount));", "seriesId;"),
    # -------------------------------------------------------------------------------------- the end
    Bug("ended a second early", "HeldOrders", "require(block.timestamp >= endsAt, Orders_NotYet",
        "require(block.timestamp + 1 >= endsAt, Orders_NotYet"),
    Bug("ended a second late", "HeldOrders", "require(block.timestamp >= endsAt, Orders_NotYet",
        "require(block.timestamp > endsAt, Orders_NotYet"),
    Bug("ended twice", "HeldOrders", "held.amount = 0; (bool", "(bool"),
    Bug("ended otherwise than agreed", "HeldOrders", "if (toSeller) _paySeller", "if (!toSeller) _paySeller"),
    Bug("an end told of the other side", "HeldOrders",
        "emit OrderEnded(key.buyer, key.seller, key.number, amount, toSeller);",
        "emit OrderEnded(key.buyer, key.seller, key.number, amount, !toSeller);"),
    *CUSTODY_BUGS,
    *GIVING_BACK,
)  # fmt: skip


def caught_by(bug: Bug, seed: int = 0) -> str | None:
    """What the machine said when it noticed the bug, and after how many lives; None when it did not."""
    return caught(bug, "HeldOrders", live, seed)


if __name__ == "__main__":
    print_rows(BUGS, caught_by, sys.argv[1:])
