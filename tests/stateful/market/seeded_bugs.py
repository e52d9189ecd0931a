"""Bugs put into the market on purpose, one at a time: the machine must notice each of them.

python -m tests.stateful.market.seeded_bugs [name …]    prints the table of INVARIANTS.md
"""

from __future__ import annotations

import sys

from tests.stateful.bugs import Bug, caught, print_rows
from tests.stateful.market.machine import live

BUGS = (
    # ------------------------------------------------------------------------- the price, and who gets it
    Bug("the price rounded down", "CertificateMarket",
        "return (value * amount + whole - 1) / whole;", "return value * amount / whole;"),
    Bug("the whole price for a part", "CertificateMarket",
        "cost = _partUp(offer.price, amount, whole);", "cost = offer.price;"),
    Bug("the whole share for a part", "CertificateMarket",
        "uint256 share = _partUp(offer.referrerShare, amount, whole);",
        "uint256 share = offer.referrerShare;"),
    Bug("the share out of the seller's price", "CertificateMarket",
        "_pay(buyer, seller, cost); if (share != 0) _pay(buyer, referrer, share); cost += share;",
        "_pay(buyer, seller, cost - share); if (share != 0) _pay(buyer, referrer, share);"),
    Bug("the share not told in the cost", "CertificateMarket", "cost += share;", ""),
    Bug("the referrer not paid", "CertificateMarket",
        "if (share != 0) _pay(buyer, referrer, share);", ""),
    Bug("a buyer pays itself", "CertificateMarket", "referrer == address(0) || referrer == buyer ||",
        "referrer == address(0) ||"),
    Bug("nobody's share", "CertificateMarket", "referrer == address(0) || referrer == buyer ||",
        "referrer == buyer ||"),
    Bug("a share for the market", "CertificateMarket", "|| referrer == address(this)", ""),
    Bug("the seller not paid", "CertificateMarket", "_pay(buyer, seller, cost);", ""),
    Bug("the market paid", "CertificateMarket",
        "_pay(buyer, seller, cost);", "_pay(buyer, address(this), cost);"),
    Bug("a transfer that failed", "CertificateMarket",
        "require(moved, Market_PaymentFailed(payee, amount));", "moved;"),
    Bug("false taken for true", "CertificateMarket",
        "and(gt(returndatasize(), 0x1f), eq(mload(0x00), 1))", "gt(returndatasize(), 0x1f)"),
    Bug("what arrived not looked at", "CertificateMarket",
        "require(arrived == amount, Market_ArrivedDiffers(amount, arrived));", "arrived;"),
    # --------------------------------------------------------------------------------------------- delivery
    Bug("nothing delivered", "CertificateMarket",
        "_deliver(seller, buyer, offer.seriesId, amount);", ""),
    Bug("the whole offer delivered for a part", "CertificateMarket",
        "_deliver(seller, buyer, offer.seriesId, amount);",
        "_deliver(seller, buyer, offer.seriesId, whole);"),
    Bug("a delivery that failed", "CertificateMarket",
        "returndatacopy(words, 0, returndatasize()) revert(words, returndatasize()) } } } "
        "/// @dev `OfferSkipped`",
        "} } } /// @dev `OfferSkipped`"),
    Bug("told of another price", "CertificateMarket",
        "amount << 96 | cost);", "amount << 96 | offer.price);"),
    # ------------------------------------------------------------------------------------ many, and paying
    Bug("the limit not looked at", "CertificateMarket",
        "require(cost <= most, Market_OverLimit(cost, most));", "most;"),
    Bug("the limit rounded up", "CertificateMarket",
        "amount * purchase.limitPrice / purchase.limitAmount;",
        "(amount * purchase.limitPrice + purchase.limitAmount - 1) / purchase.limitAmount;"),
    Bug("any series", "CertificateMarket",
        "require(seriesId == purchase.seriesId, Market_SeriesDiffers(seriesId, purchase.seriesId));", ""),
    Bug("too little is enough", "CertificateMarket",
        "require(amount >= purchase.least, Market_TooLittle(amount, purchase.least));", ""),
    Bug("each row may have it all", "CertificateMarket", "purchase.most - amount)", "purchase.most)"),
    Bug("more rows than are wanted", "CertificateMarket",
        "i < offers.length && amount < purchase.most;", "i < offers.length;"),
    Bug("the cost of the last row", "CertificateMarket", "cost += paid;", "cost = paid;"),
    Bug("more than the seller has", "CertificateMarket",
        "if (amount > held && held != 0) amount = held;", ""),
    Bug("told of another row", "CertificateMarket", "_reportSkipped(i);", "_reportSkipped(i + 1);"),
    Bug("skipped in silence", "CertificateMarket", "_reportSkipped(i);", ""),
    Bug("told of no value", "CertificateMarket", "value := mload(add(words, 0x04))", ""),
    Bug("a row by anybody", "CertificateMarket",
        "require(msg.sender == address(this), Market_NotItself(msg.sender));", ""),
    Bug("somebody else's card", "CertificateMarket",
        "require(cards[i].holder == msg.sender, Market_NotBuyersCard(cards[i].holder, msg.sender));", ""),
    Bug("bought and not paid with", "CertificateMarket", "_certificates.pay(payment, cards);", ""),
    Bug("bought, whether paid with or not", "CertificateMarket", "_certificates.pay(payment, cards);",
        "try _certificates.pay(payment, cards) {} catch {}"),
    Bug("a permit that is no good", "CertificateMarket", "amount, deadline, v, r, s) {} catch {}",
        "amount, deadline, v, r, s) {} catch { revert Market_ZeroAmount(); }"),
    # ----------------------------------------------------------------------------------- which offers stand
    Bug("an offer in its end's second", "market/OfferBook",
        "block.timestamp < offer.expiresAt,", "block.timestamp <= offer.expiresAt,"),
    Bug("an offer for ever", "market/OfferBook",
        "require(block.timestamp < offer.expiresAt, Market_OfferExpired(offer.expiresAt, block.timestamp));",
        ""),
    Bug("a series in its expiry's second", "market/OfferBook",
        "block.timestamp < seriesExpiry,", "block.timestamp <= seriesExpiry,"),
    Bug("an expired series", "market/OfferBook",
        "require(block.timestamp < seriesExpiry, Market_SeriesExpired(seriesId, seriesExpiry));",
        "seriesExpiry;"),
    Bug("an offer of any epoch", "market/OfferBook", "_checkEpoch(seller, offer.epoch);", ""),
    Bug("an offer of an epoch to come", "market/OfferBook",
        "require(epoch_ == current,", "require(epoch_ >= current,"),
    Bug("sold for nothing", "market/OfferBook", "require(offer.price != 0, Market_ZeroPrice());", ""),
    Bug("nothing sold", "market/OfferBook",
        "require(amount != 0, Market_ZeroAmount()); require(offer", "require(offer"),
    Bug("sold to itself", "market/OfferBook", "require(seller != buyer, Market_OwnOffer(seller));", "buyer;"),
    Bug("nobody signs", "market/OfferBook",
        "_sell(offer, seller, amount); _checkSignature(seller, _hashOffer(offer), signature);",
        "_sell(offer, seller, amount); signature;"),
    Bug("an offer signed without its end", "market/OfferBook",
        "calldatacopy(add(words, 0x20), offer, 0x140)",
        "calldatacopy(add(words, 0x20), offer, 0x120) mstore(add(words, 0x140), 0)"),
    Bug("over what is left", "market/OfferBook",
        "require(amount <= rest, Market_OverRest(amount, rest));", ""),
    Bug("one unit over what is left", "market/OfferBook", "require(amount <= rest,",
        "require(amount <= rest + 1,"),
    Bug("under the minimum", "market/OfferBook",
        "require(amount >= offer.minimum, Market_UnderMinimum(amount, offer.minimum));", ""),
    Bug("the minimum also of the rest", "market/OfferBook", "if (amount == rest) {",
        "if (amount == rest && amount >= offer.minimum) {"),
    Bug("sold and sold again", "market/OfferBook",
        "statuses[nonce >> 7] = word ^ ((before ^ SOLD) << shift);", ""),
    Bug("sold, and the neighbours with it", "market/OfferBook",
        "statuses[nonce >> 7] = word ^ ((before ^ SOLD) << shift);",
        "statuses[nonce >> 7] = word | (SOLD << shift) | (SOLD << ((shift + 2) & 255));"),
    Bug("sold by another bit", "market/OfferBook",
        "word ^ ((before ^ SOLD) << shift);", "word | (SOLD << shift);"),
    Bug("begun and forgotten", "market/OfferBook",
        "if (before != STARTED) statuses[nonce >> 7] = word | (STARTED << shift);", ""),
    Bug("only the last part counts", "market/OfferBook", "= sold + amount;", "= amount;"),
    Bug("128 numbers and no more", "market/OfferBook",
        "uint256 before = word >> shift & 3;",
        "if (nonce > 127) return; uint256 before = word >> shift & 3;"),
    Bug("a cancelled offer", "market/OfferBook",
        "require(before != CANCELLED, Market_Cancelled(seller, nonce));", ""),
    Bug("a cancelled offer that was begun", "market/OfferBook",
        "_statuses[seller][nonce >> 7] |= CANCELLED << ((nonce & 127) << 1);",
        "if (_statuses[seller][nonce >> 7] >> ((nonce & 127) << 1) & 3 != STARTED) "
        "_statuses[seller][nonce >> 7] |= CANCELLED << ((nonce & 127) << 1);"),
    Bug("cancelled by anybody", "market/OfferBook",
        "_checkSigned( seller, keccak256(abi.encode(CANCEL_TYPEHASH, seller, nonce, deadline)), deadline, "
        "signature ); _cancel(seller, nonce);", "deadline; signature; _cancel(seller, nonce);"),
    Bug("cancelled after the deadline", "market/OfferBook",
        "require(block.timestamp < deadline, Market_DeadlinePassed(deadline, block.timestamp));", ""),
    Bug("all cancelled twice by one signature", "market/OfferBook",
        "_checkEpoch(seller, epoch_); _checkSigned(", "_checkSigned("),
    Bug("all cancelled, and nothing is", "market/OfferBook", "_epochs[seller] = ending + 1;", ""),
    Bug("one cancelled alone", "market/OfferBook", "i < nonces.length; ++i",
        "i < 1 && i < nonces.length; ++i"),
)  # fmt: skip


def caught_by(bug: Bug, seed: int = 0) -> str | None:
    """What the machine said when it noticed the bug, and after how many lives; None when it did not."""
    return caught(bug, "CertificateMarket", live, seed)


if __name__ == "__main__":
    print_rows(BUGS, caught_by, sys.argv[1:])
