"""Words that the contracts pack by hand, field by field, between two markers of docs/ARCHITECTURE.md.

`python -m tools.packed --write` writes it; without an argument it prints it. Each position is proven by
`tests/tooling/test_packed.py`.
"""

from __future__ import annotations

import sys
from typing import NamedTuple

from tools.layouts import PAGE, put

BEGIN, END = "<!-- packed: begin -->\n", "<!-- packed: end -->\n"
BASE, SCALED, MICRO = "base units", "scaled units", "micro-units"
SECONDS, DAYS, NONE = "seconds since 1970", "days since 1970", "–"


class Field(NamedTuple):
    """Bits `low` to `high`, both included, from the lowest. `source`: its name in the contract's text."""

    name: str
    low: int
    high: int
    meaning: str
    unit: str = NONE
    source: str = ""

    @property
    def ones(self) -> int:
        """The largest value."""
        return (1 << (self.high - self.low + 1)) - 1

    @property
    def mask(self) -> int:
        """That value at its place."""
        return self.ones << self.low


class Word(NamedTuple):
    """A packed word; `where` says what holds it."""

    name: str
    where: str
    fields: tuple[Field, ...]


class Bitmap(NamedTuple):
    """One bit a number: number n is bit n mod 256 of word n / 256. `view` tells the bit; "": the word."""

    contract: str
    variable: str
    number: str
    view: str


class Row(NamedTuple):
    """Bytes one after the other, most significant first: (name, bytes, meaning)."""

    name: str
    where: str
    file: str
    constant: str
    members: tuple[tuple[str, int, str], ...]


TYPES = (
    Word(
        "Account",
        "GiftCertificates, `_accounts[seriesId][holder]`",
        (
            Field("balance", 0, 95, "face that the holder has", BASE),
            Field("spent", 96, 191, "face that left by payment, less what was restored", BASE),
            Field("nonce", 192, 255, "watermark: an authorisation's is above it"),
        ),
    ),
    Word(
        "Series",
        "GiftCertificates, `_series[seriesId]`",
        (
            Field("outstanding", 0, 95, "balances and unclaimed gifts", BASE),
            Field("expiresAt", 96, 135, "redemption ends; all ones: never", SECONDS),
            Field("limitationAt", 136, 175, "refunds and claims end; all ones: never", SECONDS),
            Field("salesCloseAt", 176, 215, "issue ends", SECONDS),
            Field("feeBps", 216, 231, "of a redemption, out of the merchant's payout", "1/10,000"),
            Field("NAMED", 232, 232, "only merchants and services of its set take it"),
            Field("WOUND_DOWN", 233, 233, "sales have stopped for good, full refunds are open"),
            Field("FORFEITED", 234, 234, "burnt after limitation: every balance reads 0"),
            Field("CONVERTIBLE", 235, 235, "expired face converts into a live series of the issuer"),
            Field("REFUND_ON_REMOVAL", 236, 236, "merchants can be removed, which opens full refunds"),
            Field("CASH_OUT_UNUSED", 237, 237, "a small rest is paid out of unused certificates too"),
            Field("EXISTS", 238, 238, "the series was created"),
        ),
    ),
    Word(
        "Use",
        "GiftCertificates, `_uses[seriesId][holder].use`",
        (
            Field("returnable", 0, 127, "of `spent`, what lies with services that can hand it back", BASE),
            Field("closed", 128, 255, "of `spent`, what was used when a rest was last paid out", BASE),
        ),
    ),
    Word(
        "Jar",
        "StreamingTipEscrow, `_jars[jarId].jar`",
        (
            Field("rate", 0, 87, "of all streams that have not ended before `day`", "scaled units a second"),
            Field("day", 88, 111, "the cursor: days before it are folded", DAYS),
            Field("accrued", 112, 255, "signed; due at the start of `day`", SCALED),
        ),
    ),
    Word(
        "Bucket",
        "StreamingTipEscrow, `_jars[jarId].ends[day].bucket`",
        (
            Field("rate", 0, 87, "of the streams that end on that day", "scaled units a second"),
            Field("moment", 88, 255, "Σ rate × second of the day at which each ends, and dust", SCALED),
        ),
    ),
    Word(
        "Lump",
        "StreamingTipEscrow, `_jars[jarId].lump`",
        (
            Field("day", 0, 23, "on which its streams start and end", DAYS),
            Field("sum", 24, 255, "due when that day is over", SCALED),
        ),
    ),
    Word(
        "Stream",
        "StreamingTipEscrow, `_streams[streamId]`",
        (
            Field("rate", 0, 79, "what the payer pays", "scaled units a second"),
            Field("startedAt", 80, 119, "last (re)start; 0 while paused", SECONDS),
            Field("endsAt", 120, 159, "end; while paused the seconds that are left", SECONDS),
            Field("seriesId", 160, 255, "of the named series that paid; 0 for other money"),
        ),
    ),
    Word(
        "Prepaid",
        "PrepaidAccounts, `_accounts[counterparty][index].prepaid`",
        (
            Field("paid", 0, 47, "taken by vouchers, in all", MICRO),
            Field("deposit", 48, 94, "put in, in all, less what was withdrawn", MICRO),
            Field("named", 95, 95, "the money is of a named series"),
            Field("signer", 96, 255, "the session key that signs vouchers"),
        ),
    ),
    Word(
        "Purse",
        "RewardPools, `_purses[poolId][payee]`",
        (
            Field("credit", 0, 95, "not collected yet", BASE),
            Field("spent", 96, 191, "what the payee's own reads cost the pool on `day`", BASE),
            Field("day", 192, 223, "of its last read or credit", DAYS),
        ),
    ),
    Word(
        "Node",
        "no storage: a node of the Merkle sum tree of a batch of gifts (`MerkleSum`)",
        (
            Field("sum", 0, 95, "of all leaves below", BASE),
            Field("hash", 96, 255, "low 160 bits of the hash of both children, or of the leaf's six words"),
        ),
    ),
)
STORED = (
    Word(
        "_batches",
        "GiftCertificates, `_batches[batchId]`: the root's node, whose sum shrinks",
        (
            Field("remaining", 0, 95, "face that nobody has claimed or recalled", BASE),
            Field("root", 96, 255, "hash of the root: a batch that was given never reads 0 again"),
        ),
    ),
    Word(
        "_gifts",
        "GiftCertificates, `_gifts[giftId]`: the id is the commitment",
        (Field("open", 0, 0, "given, and neither claimed nor recalled"),),
    ),
    Word(
        "_merchantUntil",
        "GiftCertificates, `_merchantUntil[seriesId][member]`: of a named series' set",
        (
            Field("until", 0, 39, "0: never a member; all ones: is one; else its removal's effect", SECONDS),
            Field("service", 40, 40, "the member is a service, no merchant"),
        ),
    ),
    Word(
        "_giftBatches",
        "StreamingTipEscrow, `_giftBatches[batchId]`",
        (
            Field("left", 0, 15, "gift subscriptions that nobody has claimed or reclaimed"),
            Field("given", 16, 16, "tells a batch of which nothing is left from one that was never given"),
        ),
    ),
)
EXPRESSIONS = {
    "contracts/certificates/Redemptions.sol": Word(
        "Redeemed",
        "the event of a signed redemption",
        (
            Field("nonce", 0, 63, "of the holder's signature", NONE, "run.nonce"),
            Field("order", 64, 127, "of the merchant; 0 for none", NONE, "run.order"),
        ),
    ),
    "contracts/certificates/GiftLinks.sol": Word(
        "GiftGiven",
        "the event's dates",
        (
            Field("deliverAt", 0, 39, "claims begin", SECONDS, "deliverAt"),
            Field(
                "reclaimAt", 40, 79, "the giver may take it back again; all ones: never", SECONDS, "reclaimAt"
            ),
            Field("limitationAt", 80, 119, "of the series", SECONDS, "limitation"),
        ),
    ),
    "contracts/CertificateMarket.sol": Word(
        "OfferFilled",
        "the event's figures",
        (
            Field("cost", 0, 95, "what the buyer paid the seller", BASE, "cost"),
            Field("amount", 96, 191, "face that was sold", BASE, "amount"),
            Field("nonce", 192, 255, "of the offer", NONE, "offer.nonce"),
        ),
    ),
    "contracts/jars/JarLedger.sol": Word(
        "jarId",
        "the number of a jar",
        (
            Field("creator", 0, 159, "whose jar", NONE, "creator"),
            Field("version", 160, 255, "0: the creator's own; else which shared jar", NONE, "version"),
        ),
    ),
}
BITMAPS = (
    Bitmap("GiftCertificates", "_usedOrders[merchant]", "order", "isOrderUsed"),
    Bitmap("GiftCertificates", "_claimed[batchId]", "place of a gift, 2^depth + index", "isClaimedFromBatch"),
    Bitmap("CertificateSales", "_usedCoupons[promotionId]", "coupon", "isCouponUsed"),
    Bitmap("StreamingTipEscrow", "_claimedGifts[batchId]", "index of a gift subscription", "isGiftClaimed"),
    Bitmap("StreamingTipEscrow", "_jars[jarId].endDays", "day on which a stream ends", ""),
    Bitmap("RewardPools", "_paid[poolId]", "read", "isPaid"),
)
# What two bits of a market's word, and the byte of a swap, say: the order of the interface's `Status`.
STATUSES = {
    "CertificateMarket": ("Untouched", "Started", "Sold", "Cancelled"),
    "AtomicSwaps": ("None", "Locked", "Claimed", "Refunded"),
}
GIFT = (
    ("giver", "who gave it", NONE),
    ("key", "one-time key that signs the claim; 0: none", NONE),
    ("recipient", "who alone may have it; 0: whoever the key names", NONE),
    ("seriesId", "of the face", NONE),
    ("amount", "face", BASE),
    ("deliverAt", "claims begin", SECONDS),
    ("reclaimAt", "the giver may take it back again; 40 ones: never", SECONDS),
    ("createdAt", "of the block that gave it", SECONDS),
    ("limitationAt", "of the series, copied", SECONDS),
    ("messageHash", "of the encrypted message; 0: none", NONE),
)
SETTLEMENTS, READS = "contracts/accounts/Settlements.sol", "contracts/rewards/Reads.sol"
VOUCHER = (
    ("index", 8, "of the account"),
    ("amount", 6, "cumulative, micro-units"),
    ("r", 32, "of the signature"),
    ("vs", 32, "of the signature (EIP-2098)"),
)
LOCK = (("expiresAt", 5, "seconds since 1970"), ("preimage", 32, "of the SHA-256 that was signed"))
ROWS = (
    Row("settle", "a voucher, in calldata", SETTLEMENTS, "ROW", VOUCHER),
    Row("settleLocked", "a locked voucher, in calldata", SETTLEMENTS, "LOCKED_ROW", VOUCHER + LOCK),
    Row("Settled", "what was settled, in the event", SETTLEMENTS, "DONE_ROW", VOUCHER[:2]),
    Row(
        "RedeemedMany",
        "a card of a batch or payment, in the event",
        "contracts/certificates/Cards.sol",
        "ROW_BYTES",
        (("order", 8, "0 for none"), ("nonce", 8, "0 without a signature")),
    ),
    Row(
        "ReadsPaid",
        "a read that was paid, in the event",
        READS,
        "ROW",
        (
            ("readId", 8, "of the attestation"),
            ("reader", 20, "who read"),
            ("author", 20, "who wrote"),
            ("amount", 12, "both shares, base units"),
            ("toReader", 12, "the reader's share, base units"),
        ),
    ),
    Row(
        "ReadsPaid",
        "a read that was skipped, in the event",
        READS,
        "SKIPPED_ROW",
        (("row", 4, "its place in the call, from 0"), ("fault", 1, "why, as `Fault` counts")),
    ),
)


def render() -> str:
    """Every table of the page's part on packed words."""
    words = [*TYPES, *STORED, *EXPRESSIONS.values()]
    text = "\n" + "\n".join(_word(word) for word in words)
    text += "\n#### Bitmaps\n\nNumber n is bit n mod 256 of word n / 256, rounded down.\n\n"
    text += "| contract | words | a bit a |\n|---|---|---|\n"
    text += "".join(f"| {one.contract} | `{one.variable}` | {one.number} |\n" for one in BITMAPS)
    text += "\n#### Statuses\n\n`CertificateMarket._statuses[seller]` has two bits a nonce: nonce n"
    text += (
        " at bits 2 × (n mod 128) of word n / 128, rounded down.\n`AtomicSwaps._status[id]` has a byte.\n\n"
    )
    text += "| value | CertificateMarket | AtomicSwaps |\n|---:|---|---|\n"
    pairs = zip(*STATUSES.values(), strict=True)
    text += "".join(f"| {value} | {market} | {swaps} |\n" for value, (market, swaps) in enumerate(pairs))
    text += "\n#### The commitment of a gift\n\n"
    text += (
        "`giftId` is the keccak256 of these ten words; a link takes no more storage than the bit above.\n\n"
    )
    text += "| word | member | meaning | unit |\n|---:|---|---|---|\n"
    text += "".join(
        f"| {place} | `{name}` | {meaning} | {unit} |\n" for place, (name, meaning, unit) in enumerate(GIFT)
    )
    text += "\n#### Rows of bytes\n\n| row | bytes | member | meaning |\n|---|---:|---|---|\n"
    for row in ROWS:
        begin = 0
        for name, size, meaning in row.members:
            title = f"`{row.name}`: {row.where}" if begin == 0 else ""
            text += f"| {title} | {begin}–{begin + size - 1} | `{name}` | {meaning} |\n"
            begin += size
    return text + "\n"


def _word(word: Word) -> str:
    text = f"#### {word.name}\n\n{word.where[0].upper()}{word.where[1:]}.\n\n"
    text += "| bits | field | meaning | unit |\n|---:|---|---|---|\n"
    for one in word.fields:
        bits = f"{one.low}–{one.high}" if one.high > one.low else str(one.low)
        text += f"| {bits} | `{one.name}` | {one.meaning} | {one.unit} |\n"
    return text


def main(arguments: list[str]) -> None:
    if arguments != ["--write"]:
        print(render())
        return
    PAGE.write_text(put(PAGE.read_text(), BEGIN, END, render()))


if __name__ == "__main__":
    main(sys.argv[1:])
