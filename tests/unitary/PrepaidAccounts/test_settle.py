"""settle and settleLocked: vouchers by the hundred (settle.tree). What holds for both is tested for both."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from largesse.eip712 import keccak
from largesse.vouchers import SignedLockedVoucher, SignedVoucher, compact
from tests.support.certificates import DAY, ZERO
from tests.support.clock import at
from tests.support.errors import reverts
from tests.support.logs import logs_of
from tests.support.outputs import returned
from tests.support.prepaid import LOCKED_ROW, MAX_DEPOSIT, ROW, Key, Prepaid, Settled, settled

PREIMAGE = keccak(b"preimage")
CURVE = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
"""The number of points of secp256k1."""


@dataclass(frozen=True)
class Way:
    """One of the two ways to settle."""

    locked: bool

    @property
    def row_bytes(self) -> int:
        return LOCKED_ROW if self.locked else ROW

    def row(self, prepaid: Prepaid, key: Key, micros: int, **other: Any) -> bytes:
        if self.locked:
            expires_at = prepaid.now() + DAY
            return prepaid.locked(key, micros, PREIMAGE, expires_at, **other).row()
        return prepaid.voucher(key, micros, **other).row()

    def settle(self, prepaid: Prepaid, *rows: bytes, counterparty: Any = None, sender: Any = None) -> Any:
        method = prepaid.contract.settleLocked if self.locked else prepaid.contract.settle
        return method(counterparty or prepaid.merchant, b"".join(rows), {"from": sender or prepaid.relayer})


@pytest.fixture(params=["plain", "locked"])
def way(request: pytest.FixtureRequest) -> Way:
    return Way(request.param == "locked")


# reverts


def test_settle_reverts_unless_the_rows_are_whole(prepaid: Prepaid, way: Way) -> None:
    key = prepaid.open(10)
    row, length = way.row(prepaid, key, 5), way.row_bytes
    assert len(row) == length
    for wrong in (b"", row[:1], row[:-1], row + b"\0", 2 * row + row[:-1], row * 2 + b"\0"):
        with reverts("Accounts_RowBytes", len(wrong), length):
            way.settle(prepaid, wrong)
    assert prepaid.money(key) == (10, 0)
    way.settle(prepaid, row * 3)
    assert prepaid.money(key) == (10, 5)


# what is skipped


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_settle_skips_what_is_stale(prepaid: Prepaid, way: Way, more: int) -> None:
    """An amount that was paid already, or less: equal is stale."""
    key = prepaid.open(100)
    way.settle(prepaid, way.row(prepaid, key, 40))
    tx = way.settle(prepaid, way.row(prepaid, key, 40 + more))
    if more > 0:
        assert settled(tx) == Settled(1, [(key[1], 41)], [])
    else:
        assert settled(tx) == Settled(0, [], [0])
    assert prepaid.money(key) == (100, 40 + max(more, 0))


@pytest.mark.parametrize("over", [-1, 0, 1])
@pytest.mark.parametrize("deposit", [1, 100, MAX_DEPOSIT])
def test_settle_skips_what_is_above_the_deposit(prepaid: Prepaid, way: Way, deposit: int, over: int) -> None:
    """All of it: a part is not what was signed. Of the largest deposit too: an amount has a bit more."""
    key = prepaid.open(deposit)
    amount = deposit + over
    tx = way.settle(prepaid, _row(prepaid, way, key, amount))
    if over > 0 or amount == 0:
        assert settled(tx) == Settled(0, [], [0])
        assert prepaid.money(key) == (deposit, 0)
    else:
        assert settled(tx) == Settled(amount, [(key[1], amount)], [])
        assert prepaid.money(key) == (deposit, amount)


def _row(prepaid: Prepaid, way: Way, key: Key, micros: int) -> bytes:
    """Well signed, for any 48 bits of `micros`: the package would refuse to."""
    row = way.row(prepaid, key, 1, amount=micros)
    return row[:8] + micros.to_bytes(6, "big") + row[14:]


def test_settle_skips_the_largest_numbers(prepaid: Prepaid, way: Way) -> None:
    """Nothing wraps: 48 bits of amount on a full and on an empty account."""
    full, small = prepaid.open(MAX_DEPOSIT, salt=1), prepaid.open(1, salt=2)
    for key in (full, small):
        for micros in (2**47, 2**48 - 1):
            assert settled(way.settle(prepaid, _row(prepaid, way, key, micros))) == Settled(0, [], [0])
    assert prepaid.money(full) == (MAX_DEPOSIT, 0)


def test_settle_skips_an_account_that_nobody_opened(prepaid: Prepaid, way: Way) -> None:
    """Also an amount of nothing, and a signature of nobody's."""
    key = prepaid.key(9)
    nobody = bytes(way.row_bytes)
    rows = [way.row(prepaid, key, 1), nobody, key[1].to_bytes(8, "big") + bytes(way.row_bytes - 8)]
    assert settled(way.settle(prepaid, *rows)) == Settled(0, [], [0, 1, 2])
    assert prepaid.state(key).owner == ZERO


def test_settle_skips_what_another_signed(prepaid: Prepaid, way: Way) -> None:
    """The owner, the counterparty, another account's session: only the signer's word counts."""
    key, other = prepaid.open(100, salt=1), prepaid.open(100, salt=2)
    keys = [prepaid.world.key(who) for who in (prepaid.agent, prepaid.merchant, prepaid.stranger)]
    rows = [way.row(prepaid, key, 5, private_key=k) for k in (*keys, prepaid.session(other))]
    assert settled(way.settle(prepaid, *rows)) == Settled(0, [], [0, 1, 2, 3])


def test_settle_skips_what_was_signed_for_something_else(prepaid: Prepaid, way: Way) -> None:
    """Another counterparty, currency, account, amount, chain, contract, name or version."""
    key, other = prepaid.open(100, salt=1), prepaid.open(100, salt=2)
    domain = prepaid.domain
    others: list[dict[str, Any]] = [
        {"counterparty": prepaid.creator.address},
        {"currency": prepaid.world.certificates.address},
        {"currency": ZERO},
        {"index": other[1]},
        {"index": key[1] ^ 1},
        {"amount": 4},
        {"amount": 6},
        {"domain": replace(domain, chain_id=domain.chain_id + 1)},
        {"domain": replace(domain, verifying_contract=prepaid.world.certificates.address)},
        {"domain": replace(domain, name="Largesse StreamingTipEscrow")},
        {"domain": replace(domain, version="2")},
    ]
    rows = [way.row(prepaid, key, 5, **wrong) for wrong in others]
    assert settled(way.settle(prepaid, *rows)) == Settled(0, [], list(range(len(rows))))
    assert settled(way.settle(prepaid, way.row(prepaid, key, 5))).payout == 5


def test_settle_skips_a_signature_that_is_none(prepaid: Prepaid, way: Way) -> None:
    """r or s that is no number of the curve, the other v, the other half's s, and every byte bent."""
    key = prepaid.open(100)
    good = way.row(prepaid, key, 5)
    head, r, vs, tail = good[:14], good[14:46], int.from_bytes(good[46:78], "big"), good[78:]
    v, s = vs >> 255, vs % 2**255

    def row(r_: int | bytes, s_: int, v_: int) -> bytes:
        word = r_ if isinstance(r_, bytes) else r_.to_bytes(32, "big")
        return head + word + (s_ | v_ << 255).to_bytes(32, "big") + tail

    assert row(r, s, v) == good
    bad = [
        row(r, s, 1 - v),
        row(0, s, v),
        row(CURVE, s, v),
        row(2**256 - 1, s, v),
        row(r, 0, v),
        row(r, s ^ 1, v),
        # (r, n − s) with the other v is a signature too, but s has a bit too many for this form
        head + r + (CURVE - s).to_bytes(32, "big") + tail,
        head + bytes(64) + tail,
    ]
    bad += [good[:i] + bytes([good[i] ^ 1]) + good[i + 1 :] for i in range(14, 78, 7)]
    assert settled(way.settle(prepaid, *bad)) == Settled(0, [], list(range(len(bad))))
    assert settled(way.settle(prepaid, good)).payout == 5


def test_settle_skips_what_a_contract_wallet_signed(prepaid: Prepaid, way: Way, make_account: Any) -> None:
    """It is not asked here; `settleOne` asks it."""
    wallet = make_account("Wallet1271", prepaid.giver)
    key = prepaid.open(100, signer=wallet)
    row = way.row(prepaid, key, 5, private_key=prepaid.world.key(prepaid.giver))
    assert settled(way.settle(prepaid, row)) == Settled(0, [], [0])


@pytest.mark.parametrize("amounts", [(5, 5), (9, 5), (5, 9), (5, 9, 9, 12, 3)])
def test_settle_one_account_more_than_once(prepaid: Prepaid, way: Way, amounts: tuple[int, ...]) -> None:
    """Rows act in their order: each counts from what is paid by then."""
    key = prepaid.open(100)
    tx = way.settle(prepaid, *(way.row(prepaid, key, amount) for amount in amounts))
    paid, done, skipped = 0, [], []
    for place, amount in enumerate(amounts):
        if amount > paid:
            done.append((key[1], amount))
            paid = amount
        else:
            skipped.append(place)
    assert settled(tx) == Settled(paid, done, skipped)
    assert prepaid.money(key) == (100, max(amounts))


@pytest.mark.parametrize("count", [1, 2, 7, 8, 9, 16, 17, 33])
def test_settle_reports_each_row_that_it_skipped(prepaid: Prepaid, way: Way, count: int) -> None:
    """Every third one, of as many as fill the bitmap's bytes and words, or just don't."""
    keys = [prepaid.open(100, salt=salt) for salt in range(count)]
    rows = [way.row(prepaid, key, 101 if i % 3 == 1 else i + 1) for i, key in enumerate(keys)]
    done = [(key[1], i + 1) for i, key in enumerate(keys) if i % 3 != 1]
    skipped = [i for i in range(count) if i % 3 == 1]
    tx = way.settle(prepaid, *rows)
    assert settled(tx) == Settled(sum(amount for _, amount in done), done, skipped)
    assert [prepaid.money(key)[1] for key in keys] == [0 if i % 3 == 1 else i + 1 for i in range(count)]
    # nothing is left to do, and all of it is said
    again = settled(way.settle(prepaid, *rows))
    assert again == Settled(0, [], list(range(count)))


# what is settled


def test_settle(any_prepaid: Prepaid, way: Way) -> None:
    """Three owners' accounts, one settled before: one payment, whoever sends it."""
    prepaid = any_prepaid
    keys = [prepaid.open(100, owner=owner) for owner in (prepaid.agent, prepaid.holder, prepaid.giver)]
    way.settle(prepaid, way.row(prepaid, keys[1], 30))
    before = [prepaid.state(key) for key in keys]
    purse, held = prepaid.balance(prepaid.merchant), prepaid.held()
    rows = [way.row(prepaid, key, amount) for key, amount in zip(keys, (100, 31, 1), strict=True)]
    tx = way.settle(prepaid, *rows, sender=prepaid.stranger)
    payout = 102 * prepaid.unit
    assert returned(tx) == prepaid.balance(prepaid.merchant) - purse == held - prepaid.held() == payout
    assert [prepaid.state(key) for key in keys] == [
        state._replace(paid=amount) for state, amount in zip(before, (100, 31, 1), strict=True)
    ]
    assert settled(tx) == Settled(payout, [(keys[0][1], 100), (keys[1][1], 31), (keys[2][1], 1)], [])
    assert [log[:4] for log in logs_of(tx, prepaid.token)] == [
        ("Transfer", prepaid.contract, prepaid.merchant, payout)
    ]
    assert [log[0] for log in logs_of(tx, prepaid.contract)] == ["Settled"]


def test_settle_nothing_pays_nothing(prepaid: Prepaid, way: Way) -> None:
    """A batch that was settled by somebody else meanwhile does not fail."""
    key = prepaid.open(100)
    row = way.row(prepaid, key, 5)
    way.settle(prepaid, row)
    tx = way.settle(prepaid, row)
    assert returned(tx) == 0
    assert settled(tx) == Settled(0, [], [0])
    assert "Transfer" not in tx.events


def test_settle_the_whole_of_the_largest(any_prepaid: Prepaid, way: Way) -> None:
    prepaid = any_prepaid
    keys = [prepaid.open(MAX_DEPOSIT, salt=salt) for salt in range(3)]
    tx = way.settle(prepaid, *(way.row(prepaid, key, MAX_DEPOSIT) for key in keys))
    assert settled(tx).payout == 3 * MAX_DEPOSIT * prepaid.unit == prepaid.balance(prepaid.merchant)
    assert prepaid.held() == 0


def test_settle_pays_each_counterparty_from_its_own_accounts(prepaid: Prepaid, way: Way) -> None:
    """The same index with another counterparty is another account, and its voucher another voucher."""
    mine, theirs = prepaid.open(100, salt=1), prepaid.open(100, salt=1, counterparty=prepaid.creator)
    assert mine[1] == theirs[1]
    same = prepaid.session(mine)
    row = way.row(prepaid, mine, 60)
    tx = way.settle(prepaid, row, counterparty=prepaid.creator)
    assert settled(tx) == Settled(0, [], [0])
    forged = way.row(prepaid, theirs, 60, private_key=same)
    assert settled(way.settle(prepaid, forged, counterparty=prepaid.creator)).skipped == [0]
    way.settle(prepaid, way.row(prepaid, theirs, 70), counterparty=prepaid.creator)
    way.settle(prepaid, row)
    assert (prepaid.balance(prepaid.merchant), prepaid.balance(prepaid.creator)) == (60, 70)


def test_settle_for_a_counterparty_without_accounts(prepaid: Prepaid, way: Way) -> None:
    key = prepaid.open(100)
    rows = [way.row(prepaid, key, 5)] * 2
    tx = way.settle(prepaid, *rows, counterparty=prepaid.stranger)
    assert settled(tx) == Settled(0, [], [0, 1])


def test_settle_after_the_account_has_expired(prepaid: Prepaid, way: Way) -> None:
    """A voucher is good as long as the money is there; from then on the owner may take it at any time."""
    expires_at = prepaid.now() + DAY // 2
    key = prepaid.open(100, expires_at=expires_at)
    row = way.row(prepaid, key, 60)
    at(expires_at)
    assert settled(way.settle(prepaid, row)).payout == 60
    assert returned(prepaid.withdraw(key)) == 40


def test_settle_says_no_word_too_many(prepaid: Prepaid, way: Way) -> None:
    """Nothing of calldata's garbage or of an earlier row gets into the log: `settled` compares it all."""
    keys = [prepaid.open(100, salt=salt) for salt in range(4)]
    rows = [way.row(prepaid, key, 2**6 - 1) for key in keys]
    spoiled = [row[:-1] + bytes([row[-1] ^ 255]) for row in rows] if way.locked else [bytes(ROW)] * 4
    mixed = [part for pair in zip(spoiled, rows, strict=True) for part in pair]
    assert settled(way.settle(prepaid, *mixed)) == Settled(
        4 * 63, [(key[1], 63) for key in keys], [0, 2, 4, 6]
    )


# locks


@pytest.mark.parametrize("late", [-1, 0, 1])
def test_settle_locked_skips_from_the_expiry_on(prepaid: Prepaid, late: int) -> None:
    key = prepaid.open(100)
    expires_at = prepaid.now() + 100
    voucher = prepaid.locked(key, 5, PREIMAGE, expires_at)
    at(expires_at + late)
    tx = prepaid.settle_locked(voucher)
    assert settled(tx).skipped == ([] if late < 0 else [0])
    assert prepaid.money(key) == (100, 5 if late < 0 else 0)


def test_settle_locked_skips_without_the_preimage(prepaid: Prepaid) -> None:
    """Nothing, another one, the lock itself, and what another hash makes of it."""
    key = prepaid.open(100)
    good = prepaid.locked(key, 5, PREIMAGE, prepaid.now() + 100)
    for wrong in (bytes(32), keccak(b"another"), PREIMAGE[::-1], b"\xff" * 32):
        assert settled(prepaid.settle_locked(replace(good, preimage=wrong))).skipped == [0]
    for hashed in (keccak(PREIMAGE), PREIMAGE):
        by_another_hash = prepaid.locked(key, 5, PREIMAGE, prepaid.now() + 100, lock=hashed)
        assert settled(prepaid.settle_locked(by_another_hash)).skipped == [0]
    assert settled(prepaid.settle_locked(good)).payout == 5


@pytest.mark.parametrize("preimage", [bytes(32), b"\xff" * 32, PREIMAGE], ids=["zeros", "ones", "some"])
def test_settle_locked_takes_any_32_bytes(prepaid: Prepaid, preimage: bytes) -> None:
    key = prepaid.open(100)
    assert settled(prepaid.settle_locked(prepaid.locked(key, 5, preimage, prepaid.now() + 100))).payout == 5


def test_settle_locked_skips_with_another_expiry_than_was_signed(prepaid: Prepaid) -> None:
    key = prepaid.open(100)
    now = prepaid.now()
    good = prepaid.locked(key, 5, PREIMAGE, now + 100)
    for other in (now + 99, now + 101, 2**40 - 1):
        assert settled(prepaid.settle_locked(replace(good, expires_at=other))).skipped == [0]
    at(now + 100)
    assert settled(prepaid.settle_locked(replace(good, expires_at=now + 200))).skipped == [0]
    forever = prepaid.locked(key, 5, PREIMAGE, 2**40 - 1)
    assert settled(prepaid.settle_locked(forever)).payout == 5


def test_a_locked_voucher_is_no_plain_one_nor_the_reverse(prepaid: Prepaid) -> None:
    """As it stands, cut to the other's length, and padded to it."""
    key = prepaid.open(100)
    expires_at = prepaid.now() + 100
    plain, locked = prepaid.voucher(key, 5), prepaid.locked(key, 7, PREIMAGE, expires_at)
    assert settled(prepaid.settle(locked.voucher)).skipped == [0]
    dressed = SignedLockedVoucher(plain, expires_at, PREIMAGE)
    assert settled(prepaid.settle_locked(dressed)).skipped == [0]
    # a number of rows of one kind is, byte for byte, a number of the other
    as_plain = prepaid.contract.settle(prepaid.merchant, locked.row() * ROW, {"from": prepaid.relayer})
    assert settled(as_plain) == Settled(0, [], list(range(LOCKED_ROW)))
    as_locked = prepaid.contract.settleLocked(
        prepaid.merchant, plain.row() * LOCKED_ROW, {"from": prepaid.relayer}
    )
    assert settled(as_locked) == Settled(0, [], list(range(ROW)))
    assert prepaid.money(key) == (100, 0)


def test_plain_and_locked_vouchers_count_together(prepaid: Prepaid) -> None:
    """Both are the sum in all: the greater wins, whatever its kind."""
    key = prepaid.open(100)
    now = prepaid.now()
    prepaid.settle_locked(prepaid.locked(key, 30, PREIMAGE, now + 100))
    assert settled(prepaid.settle(prepaid.voucher(key, 20))).skipped == [0]
    prepaid.settle(prepaid.voucher(key, 50))
    assert settled(prepaid.settle_locked(prepaid.locked(key, 40, PREIMAGE, now + 100))).skipped == [0]
    assert prepaid.balance(prepaid.merchant) == 50


def test_the_rows_are_what_the_interface_says(prepaid: Prepaid) -> None:
    """index 64 | amount 48 | r 256 | vs 256 (| expiresAt 40 | preimage 256), put together here."""
    key = prepaid.open(100)
    now = prepaid.now()
    plain, locked = prepaid.voucher(key, 5), prepaid.locked(key, 7, PREIMAGE, now + 100)

    def by_hand(voucher: SignedVoucher) -> bytes:
        r, s, v = voucher.signature[:32], voucher.signature[32:64], voucher.signature[64]
        word = int.from_bytes(s, "big") | (v - 27) << 255
        return key[1].to_bytes(8, "big") + voucher.amount.to_bytes(6, "big") + r + word.to_bytes(32, "big")

    assert by_hand(plain) == plain.row()
    assert by_hand(plain)[14:] == compact(plain.signature)
    assert by_hand(locked.voucher) + (now + 100).to_bytes(5, "big") + PREIMAGE == locked.row()
