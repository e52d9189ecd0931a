"""Bugs put into the certificates on purpose, one at a time: the machine must notice each of them.

python -m tests.stateful.seeded_bugs [name …]    prints the table of INVARIANTS.md
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random
from typing import NamedTuple

from tests.model.currency import Kind
from tests.stateful.invariants import Broken
from tests.stateful.life import ODD
from tests.stateful.machine import live
from tests.stateful.side import Difference
from tools.compiler import ROOT, compile_contract

STEPS, LIVES = 300, 8
Live = Callable[[Kind, Sequence[int], Mapping[str, bytes]], object]


class Bug(NamedTuple):
    """A change of one place in one file. Runs of blanks in `old` stand for any."""

    name: str
    file: str
    old: str
    new: str


BUGS = (
    Bug("fee rounded up", "certificates/Cards", "uint256 fee = amount * feeBps / BPS;",
        "uint256 fee = (amount * feeBps + BPS - 1) / BPS;"),
    Bug("fee of a plain redeem rounded up", "certificates/Redemptions", "fee = amount * fee / BPS;",
        "fee = (amount * fee + BPS - 1) / BPS;"),
    Bug("windows closed on both ends", "certificates/Ledger", "return block.timestamp < time;",
        "return block.timestamp <= time;"),
    Bug("nonce window one wider", "certificates/Authorizations", "NONCE_WINDOW = 1 << 32",
        "NONCE_WINDOW = (1 << 32) + 1"),
    Bug("nonce used twice", "certificates/Authorizations", "require(nonce > watermark,",
        "require(nonce >= watermark,"),
    Bug("no deadline", "certificates/Authorizations",
        "require(_isAhead(deadline), GiftCertificates_DeadlinePassed(deadline, block.timestamp));", ""),
    Bug("spent not lowered by a restore", "types/Account", "+ amount - (less << 96)", "+ amount"),
    Bug("30 days' notice is 29", "certificates/Issuance",
        "REMOVAL_NOTICE = 30 days", "REMOVAL_NOTICE = 29 days"),
    Bug("removal opens no full refund", "certificates/Issuance", "_openFullRefund(seriesId, removedAt);", ""),
    Bug("a later notice moves the full refund", "certificates/Issuance",
        "if (record.fullRefundFrom == 0 || from < record.fullRefundFrom) record", "record"),
    Bug("outstanding not lowered by a refund", "certificates/Refunds",
        "_series[seriesId].word = _series[seriesId].word.burnFace(amount);", ""),
    Bug("post-expiry share ignored", "libraries/RefundRules",
        "balance, rules.postExpiryBps);", "balance, BPS);"),
    Bug("threshold of use exclusive", "libraries/RefundRules", "used * BPS >= rules", "used * BPS > rules"),
    Bug("whole balance refunded as a remainder", "libraries/RefundRules",
        "rest < balance ? rest : balance, BPS", "balance, BPS"),
    Bug("order of a batch not used up", "certificates/Redemptions",
        "orders.bits |= orders.mask;", ""),
    Bug("order of a payment not used up", "certificates/Redemptions",
        "used.word = bits | mask;", ""),
    Bug("total of a payment not compared", "certificates/Payments",
        "require(sum == payment.total, GiftCertificates_TotalDiffers(sum, payment.total));", ""),
    Bug("payee of a service not looked at", "certificates/Cards",
        "run.payee != run.merchant && !_isMerchant(seriesId, series, run.payee)", "false"),
    Bug("placement not noted", "certificates/Cards",
        "_placed[run.seriesId][run.merchant][run.holder] += amount;", ""),
    Bug("what a service can hand back counts as used", "libraries/RefundRules",
        "(held.spent() - returnable) % rules", "held.spent() % rules"),
    Bug("what is counted as used can be handed back", "certificates/Restorations",
        "_takePlaced(holder, seriesId, amount); emit CountedUsed",
        "_returnable[seriesId][holder] -= amount; emit CountedUsed"),
    Bug("a merchant hands back what lies with services", "certificates/Restorations",
        "account.spent() - _returnable[seriesId][holder]", "account.spent()"),
    Bug("card: balance not looked at", "certificates/Cards",
        "iszero(gt(amount, and(held, most)))", "1"),
    Bug("card: nonce used twice", "certificates/Cards",
        "gt(nonce, watermark)", "iszero(lt(nonce, watermark))"),
    Bug("card: no deadline", "certificates/Cards", "lt(timestamp(), mload(add(run, 0x120)))", "1"),
    Bug("card: signed by anybody", "certificates/Cards", "eq(mload(0x00), holder)", "1"),
    Bug("one card: nonce used twice", "certificates/SignedCards",
        "lt(sub(sub(nonce, shr(192, held)), 1), window)", "lt(sub(nonce, shr(192, held)), window)"),
    Bug("one card: no deadline", "certificates/SignedCards", "lt(timestamp(), deadline)", "1"),
    Bug("one card: signed by anybody", "certificates/SignedCards",
        "eq(mload(0x00), calldataload(card))", "1"),
    Bug("one card: stays outstanding", "certificates/SignedCards",
        "place.word = series.burnFace(payout);", ""),
    Bug("one card: fee rounded up", "certificates/SignedCards", "fee = payout * fee / BPS;",
        "fee = (payout * fee + BPS - 1) / BPS;"),
    Bug("placement not debited", "certificates/Restorations",
        "_placed[seriesId][msg.sender][holder] = left - amount;", ""),
    Bug("gift not deleted", "certificates/GiftBook", "gifts.word = 0;", ""),
    Bug("batch not debited", "certificates/GiftBook",
        "funded.word = (slot >> 96 << 96) | (uint96(slot) - leaf.amount);", ""),
    Bug("gift of a batch claimed twice", "certificates/GiftBook",
        "taken.word = bits | mask;", ""),
    Bug("sum tree without sums", "libraries/MerkleSum", "word := or(shl(96, keccak256(0x00, 0x40)), sum)",
        "word := or(shl(96, keccak256(0x00, 0x40)), 1)"),
    Bug("recalled after delivery", "certificates/Recalls",
        "_isAhead(gift.deliverAt) || !_isAhead(gift.reclaimAt)", "true"),
    Bug("claim does not bind what follows", "certificates/GiftLinks",
        "mstore(add(words, 0x60), followUp)", "mstore(add(words, 0x60), 0)"),
    Bug("owed not recorded", "certificates/Reserve", "_owed[payee] += amount;", ""),
    Bug("owed paid twice", "certificates/Refunds", "_owed[payee] = 0;", ""),
    Bug("fee on transfer not noticed", "certificates/Reserve",
        "uint256 arrived = _balanceOf(address(this)) - before;", "uint256 arrived = amount; before;"),
    Bug("a service told what left", "certificates/Reserve",
        "uint256 arrived = _balanceOf(service) - before;", "uint256 arrived = amount; before;"),
    Bug("a lie taken for a payment", "certificates/Reserve", "if (left == 0) return false;",
        "if (left == 0) return true;"),
    Bug("daily limit forgotten", "certificates/Sale", "power.issuedToday += uint96(amount);", ""),
    Bug("daily limit never renewed", "certificates/Sale",
        "if (power.today == today) left = left > power.issuedToday ? left - power.issuedToday : 0; else",
        "left = left > power.issuedToday ? left - power.issuedToday : 0; if (false)"),
    Bug("conversion makes no face", "certificates/Refunds", "_addFace(toSeriesId, amount);", ""),
    Bug("conversion raises the share", "certificates/Refunds",
        "&& to.postExpiryBps <= from.postExpiryBps", ""),
    Bug("forfeited balances move", "certificates/Tokens",
        "require(!_series[seriesId].word.has(FORFEITED), GiftCertificates_Forfeited(seriesId));", ""),
    Bug("fees paid twice", "certificates/Issuance", "record.feesAccrued = 0;", ""),
    Bug("refused rows stay outstanding", "certificates/Issuance",
        "_series[seriesId].word = _series[seriesId].word.burnFace(refused);", ""),
)  # fmt: skip


def source_of(bug: Bug) -> tuple[str, str]:
    """Path and changed source. Raises ValueError where the bug does not fit the source exactly once."""
    path = f"contracts/{bug.file}.sol"
    text = (ROOT / path).read_text()
    pattern = r"\s+".join(map(re.escape, bug.old.split()))
    if len(re.findall(pattern, text)) != 1:
        raise ValueError(f"{bug.name}: not found exactly once in {path}: {bug.old}")
    return path, re.sub(pattern, lambda _: bug.new, text)


def lives(seed: int) -> Iterator[tuple[Kind, list[int]]]:
    """The lives that a bug has to survive: two in each odd currency."""
    for number in range(LIVES):
        rng = Random(f"{seed} {number}")
        yield ODD[number % len(ODD)], [rng.getrandbits(32) for _ in range(STEPS)]


def caught_by(bug: Bug, seed: int = 0) -> str | None:
    """What the machine said when it noticed the bug, and after how many lives; None when it did not."""
    return caught(bug, "GiftCertificates", live, seed)


def caught(bug: Bug, contract: str, live: Live, seed: int = 0) -> str | None:
    """The same for any contract and the lives of its machine."""
    path, text = source_of(bug)
    code = {contract: compile_contract(contract, {path: text})}
    for number, (kind, steps) in enumerate(lives(seed)):
        try:
            live(kind, steps, code)
        except (Difference, Broken) as failure:
            return f"life {number + 1}: {failure}"
    return None


def print_rows(bugs: Sequence[Bug], caught_by: Callable[[Bug], str | None], names: Sequence[str]) -> None:
    """A row for each bug, or for those of these names."""
    for bug in bugs:
        if not names or bug.name in names:
            said = shortened(caught_by(bug) or "NOT CAUGHT").replace("|", "¦")
            print(f"| {bug.name} | `{bug.file.split('/')[-1]}` | {said[:160]} |", flush=True)


def shortened(said: str) -> str:
    """Bytes, addresses and large numbers by their beginnings."""
    said = re.sub(r"""\bb(['"])(?:\\.|(?!\1).)*(?:\1|$)""", "…", said)
    return re.sub(r"\b(0x[0-9a-fA-F]{4}|\d{6})[0-9a-fA-F]{9,}", r"\1…", said)


if __name__ == "__main__":
    print_rows(BUGS, caught_by, sys.argv[1:])
