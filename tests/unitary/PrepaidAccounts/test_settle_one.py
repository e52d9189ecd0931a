"""settleOne and settleOneLocked: one voucher, also of a contract wallet's; they say why not (settle.tree)."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest

from largesse.eip712 import keccak, sign_digest
from tests.fixtures.accounts import ZERO_ADDRESS, MakeAccount, delegate_7702
from tests.support.certificates import DAY
from tests.support.clock import at, later
from tests.support.errors import reverts
from tests.support.outputs import returned
from tests.support.payments import selector
from tests.support.prepaid import Key, Prepaid, Settled, settled
from tests.zoo.raw import raw_call

PREIMAGE = keccak(b"preimage")
LOCK_LASTS = 3 * DAY
ALLOWANCE = 300_000
"""What a contract wallet may spend on checking a signature."""
KINDS = ["plain", "locked"]


def signature(prepaid: Prepaid, kind: str, key: Key, micros: int, **other: Any) -> bytes:
    if kind == "plain":
        return prepaid.voucher(key, micros, **other).signature
    return prepaid.locked(key, micros, PREIMAGE, prepaid.now() + LOCK_LASTS, **other).voucher.signature


def arguments(prepaid: Prepaid, kind: str, key: Key, micros: int, signed: bytes) -> tuple[Any, ...]:
    if kind == "plain":
        return (key, micros, signed)
    return (key, micros, prepaid.now() + LOCK_LASTS, PREIMAGE, signed)


def method(prepaid: Prepaid, kind: str) -> Any:
    return prepaid.contract.settleOne if kind == "plain" else prepaid.contract.settleOneLocked


def settle(prepaid: Prepaid, kind: str, key: Key, micros: int, signed: bytes | None = None) -> Any:
    signed = signature(prepaid, kind, key, micros) if signed is None else signed
    return method(prepaid, kind)(*arguments(prepaid, kind, key, micros, signed), {"from": prepaid.relayer})


def digest(prepaid: Prepaid, kind: str, key: Key, micros: int) -> bytes:
    values = (key[0], prepaid.token.address, key[1], micros)
    if kind == "plain":
        return prepaid.digest("Voucher", *values)
    lock = sha256(PREIMAGE).digest()
    return prepaid.digest("LockedVoucher", *values, lock, prepaid.now() + LOCK_LASTS)


# reverts


@pytest.mark.parametrize("kind", KINDS)
def test_settle_one_reverts_for_an_account_that_nobody_opened(prepaid: Prepaid, kind: str) -> None:
    key = prepaid.key(9)
    with reverts("Accounts_Unknown", *key):
        settle(prepaid, kind, key, 1)
    for micros in (0, 2**48 - 1):
        with reverts("Accounts_Unknown", *key):
            settle(prepaid, kind, key, micros, b"")


@pytest.mark.parametrize("kind", KINDS)
def test_settle_one_reverts_for_what_is_stale(prepaid: Prepaid, kind: str) -> None:
    key = prepaid.open(100)
    with reverts("Accounts_StaleVoucher", 0, 0):
        settle(prepaid, kind, key, 0, bytes(65))
    settle(prepaid, kind, key, 40)
    for micros in (39, 40):
        with reverts("Accounts_StaleVoucher", micros, 40):
            settle(prepaid, kind, key, micros)
    settle(prepaid, kind, key, 41)
    assert prepaid.money(key) == (100, 41)


@pytest.mark.parametrize("kind", KINDS)
def test_settle_one_reverts_above_the_deposit(prepaid: Prepaid, kind: str) -> None:
    key = prepaid.open(100)
    with reverts("Accounts_OverDeposit", 101, 100):
        settle(prepaid, kind, key, 101)
    with reverts("Accounts_OverDeposit", 2**48 - 1, 100):
        settle(prepaid, kind, key, 2**48 - 1, bytes(65))
    settle(prepaid, kind, key, 100)
    with reverts("Accounts_OverDeposit", 101, 100):
        settle(prepaid, kind, key, 101)
    assert prepaid.money(key) == (100, 100)


@pytest.mark.parametrize("late", [-1, 0, 1])
def test_settle_one_locked_reverts_from_the_expiry_on(prepaid: Prepaid, late: int) -> None:
    key = prepaid.open(100)
    expires_at = prepaid.now() + 100
    voucher = prepaid.locked(key, 5, PREIMAGE, expires_at)
    sent = (key, 5, expires_at, PREIMAGE, voucher.voucher.signature, {"from": prepaid.relayer})
    at(expires_at + late)
    if late < 0:
        assert returned(prepaid.contract.settleOneLocked(*sent)) == 5
    else:
        with reverts("Accounts_VoucherExpired", expires_at, expires_at + late):
            prepaid.contract.settleOneLocked(*sent)


@pytest.mark.parametrize("kind", KINDS)
def test_settle_one_reverts_for_what_was_not_signed(prepaid: Prepaid, kind: str) -> None:
    """Other people, other things, other domains, the other kind; bytes that are no signature."""
    key, other = prepaid.open(100, salt=1), prepaid.open(100, salt=2)
    domain = prepaid.domain
    people = [prepaid.world.key(who) for who in (prepaid.agent, prepaid.merchant, prepaid.stranger)]
    signed = [signature(prepaid, kind, key, 5, private_key=k) for k in (*people, prepaid.session(other))]
    changes: list[dict[str, Any]] = [
        {"counterparty": prepaid.creator.address},
        {"currency": prepaid.world.certificates.address},
        {"index": other[1]},
        {"amount": 4},
        {"amount": 6},
        {"domain": replace(domain, chain_id=domain.chain_id + 1)},
        {"domain": replace(domain, verifying_contract=prepaid.world.certificates.address)},
        {"domain": replace(domain, name="Largesse StreamingTipEscrow")},
        {"domain": replace(domain, version="2")},
    ]
    signed += [signature(prepaid, kind, key, 5, **change) for change in changes]
    signed += [signature(prepaid, next(k for k in KINDS if k != kind), key, 5)]
    good = signature(prepaid, kind, key, 5)
    signed += [b"", good[:63], good + b"\0", bytes(64), bytes(65), good[:64] + b"\x00", good[:64] + b"\x1d"]
    signed += [good[:64] + bytes([27 + 28 - good[64]])]
    wrong = ("Custody_InvalidSignature", prepaid.signer(key), digest(prepaid, kind, key, 5))
    for one in signed:
        with reverts(*wrong):
            settle(prepaid, kind, key, 5, one)
    settle(prepaid, kind, key, 5, good)


def test_settle_one_locked_reverts_without_the_preimage(prepaid: Prepaid) -> None:
    key = prepaid.open(100)
    expires_at = prepaid.now() + 100
    signed = prepaid.locked(key, 5, PREIMAGE, expires_at).voucher.signature
    lock_of_zeros = sha256(bytes(32)).digest()
    wrong = prepaid.digest(
        "LockedVoucher", key[0], prepaid.token.address, key[1], 5, lock_of_zeros, expires_at
    )
    with reverts("Custody_InvalidSignature", prepaid.signer(key), wrong):
        prepaid.contract.settleOneLocked(key, 5, expires_at, bytes(32), signed, {"from": prepaid.relayer})


# it settles


@pytest.mark.parametrize("kind", KINDS)
def test_settle_one(any_prepaid: Prepaid, kind: str) -> None:
    prepaid = any_prepaid
    key = prepaid.open(100)
    settle(prepaid, kind, key, 30)
    before, held = prepaid.state(key), prepaid.held()
    tx = settle(prepaid, kind, key, 100)
    payout = 70 * prepaid.unit
    assert returned(tx) == held - prepaid.held() == payout
    assert prepaid.balance(prepaid.merchant) == 100 * prepaid.unit
    assert prepaid.state(key) == before._replace(paid=100)
    assert settled(tx) == Settled(payout, [(key[1], 100)], [])


@pytest.mark.parametrize("kind", KINDS)
def test_settle_one_in_the_short_form_and_with_a_high_s(prepaid: Prepaid, kind: str) -> None:
    """Any form of the signer's signature: an amount is settled once, whatever its signature looks like."""
    curve = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    key = prepaid.open(100)
    good = signature(prepaid, kind, key, 5)
    r, s, v = good[:32], int.from_bytes(good[32:64], "big"), good[64]
    settle(prepaid, kind, key, 5, r + (s | (v - 27) << 255).to_bytes(32, "big"))
    good = signature(prepaid, kind, key, 9)
    high = good[:32] + (curve - int.from_bytes(good[32:64], "big")).to_bytes(32, "big")
    high += bytes([27 + 28 - good[64]])
    settle(prepaid, kind, key, 9, high)
    for again in (good, high):
        with reverts("Accounts_StaleVoucher", 9, 9):
            settle(prepaid, kind, key, 9, again)
    assert prepaid.balance(prepaid.merchant) == 9


# contract wallets


@pytest.mark.parametrize("kind", KINDS)
def test_settle_one_of_a_contract_wallet(prepaid: Prepaid, make_account: MakeAccount, kind: str) -> None:
    """Its owner's key signs for it; its counterparty settles."""
    wallet = make_account("Wallet1271", prepaid.giver)
    key = prepaid.open(100, signer=wallet)
    good = signature(prepaid, kind, key, 5, private_key=prepaid.world.key(prepaid.giver))
    bad = signature(prepaid, kind, key, 5, private_key=prepaid.world.key(prepaid.stranger))
    with reverts("Custody_InvalidSignature", wallet, digest(prepaid, kind, key, 5)):
        settle(prepaid, kind, key, 5, bad)
    assert returned(settle(prepaid, kind, key, 5, good)) == 5
    with reverts("Accounts_StaleVoucher", 5, 5):
        settle(prepaid, kind, key, 5, good)


@pytest.mark.parametrize(
    "mode",
    [
        "Reverts",
        "WrongMagic",
        "DirtyMagic",
        "ShortMagic",
        "Empty",
        "Huge",
        "HugeMagic",
        "RevertsHuge",
        "BurnsGas",
    ],
)
def test_settle_one_reverts_for_a_wallet_that_answers_wrongly(
    prepaid: Prepaid, make_account: MakeAccount, mode: str
) -> None:
    wallet = make_account("Wallet1271Bad", prepaid.giver, mode)
    key = prepaid.open(100, signer=wallet)
    with reverts("Custody_InvalidSignature", wallet, digest(prepaid, "plain", key, 5)):
        settle(prepaid, "plain", key, 5, b"signed")
    assert prepaid.money(key) == (100, 0)


def test_settle_one_of_a_wallet_that_accepts_everything(prepaid: Prepaid, make_account: MakeAccount) -> None:
    """Whoever names such a signer gave the money away: to the counterparty, up to the deposit."""
    wallet = make_account("Wallet1271Bad", prepaid.giver, "AcceptsAll")
    key = prepaid.open(100, signer=wallet)
    settle(prepaid, "plain", key, 60, b"")
    with reverts("Accounts_OverDeposit", 101, 100):
        settle(prepaid, "plain", key, 101, b"")
    settle(prepaid, "locked", key, 100, b"anything")
    assert prepaid.balance(prepaid.merchant) == 100


def test_settle_one_asks_a_wallet_without_letting_it_act(prepaid: Prepaid, make_account: MakeAccount) -> None:
    """It would settle once more, or withdraw, while it is asked."""
    wallet = make_account("Wallet1271Bad", prepaid.giver, "ReEnters")
    key = prepaid.open(100, signer=wallet)
    calls = [
        prepaid.contract.settleOne.encode_input(key, 9, b""),
        prepaid.contract.settle.encode_input(prepaid.merchant, bytes(78)),
        prepaid.contract.topUp.encode_input(key, 0),
        prepaid.contract.cancelConsents.encode_input(1),
    ]
    for call in calls:
        wallet.program(prepaid.contract, call, 5, {"from": prepaid.giver})
        with reverts("Custody_InvalidSignature", wallet, digest(prepaid, "plain", key, 5)):
            settle(prepaid, "plain", key, 5, b"")
    # looking is allowed
    look = prepaid.contract.account.encode_input(*key)
    wallet.program(prepaid.contract, look, 5, {"from": prepaid.giver})
    settle(prepaid, "plain", key, 5, b"")
    assert prepaid.money(key) == (100, 5)


@pytest.mark.parametrize("kind", KINDS)
def test_settle_one_never_judges_a_wallet_with_too_little_gas(
    prepaid: Prepaid, make_account: MakeAccount, kind: str
) -> None:
    """At no gas limit does a good signature look like a bad one."""
    wallet = make_account("Wallet1271", prepaid.giver)
    key = prepaid.open(100, signer=wallet)
    good = signature(prepaid, kind, key, 5, private_key=prepaid.world.key(prepaid.giver))
    sent = arguments(prepaid, kind, key, 5, good)
    floors, succeeded = 0, 0
    for gas in (*range(30_000, 420_000, 7_000), 1_000_000):
        answer = raw_call(method(prepaid, kind), *sent, sender=prepaid.relayer, gas=gas)
        floors += answer.data[:4] == selector("Signatures_GasFloor")
        succeeded += answer.succeeded
        assert answer.data[:4] != selector("Custody_InvalidSignature"), gas
        assert answer.succeeded <= (gas > ALLOWANCE)
    assert floors and succeeded


# borrowed code


@pytest.mark.parametrize("kind", KINDS)
def test_an_account_with_borrowed_code_signs_with_its_key(
    prepaid: Prepaid, delegate_code: Any, kind: str
) -> None:
    """EIP-7702: it has code, which knows nothing of ERC-1271, and a key, which counts in every way."""
    signer = prepaid.supporter
    private_key = prepaid.world.key(signer)
    keys = [prepaid.open(100, salt=salt, signer=signer) for salt in range(2)]
    delegate_7702(signer, delegate_code, prepaid.relayer)
    settle(prepaid, kind, keys[0], 5, signature(prepaid, kind, keys[0], 5, private_key=private_key))
    if kind == "plain":
        row = prepaid.voucher(keys[1], 6, private_key=private_key)
        assert settled(prepaid.settle(row)).payout == 6
    else:
        row_ = prepaid.locked(keys[1], 6, PREIMAGE, prepaid.now() + 100, private_key=private_key)
        assert settled(prepaid.settle_locked(row_)).payout == 6
    bad = signature(prepaid, kind, keys[0], 9, private_key=prepaid.world.key(prepaid.stranger))
    with reverts("Custody_InvalidSignature", signer, digest(prepaid, kind, keys[0], 9)):
        settle(prepaid, kind, keys[0], 9, bad)
    delegate_7702(signer, ZERO_ADDRESS, prepaid.relayer)
    settle(prepaid, kind, keys[0], 9, signature(prepaid, kind, keys[0], 9, private_key=private_key))


def test_an_owner_with_borrowed_code_acts_and_signs_with_its_key(
    prepaid: Prepaid, delegate_code: Any
) -> None:
    key = prepaid.open(100)
    delegate_7702(prepaid.agent, delegate_code, prepaid.relayer)
    consent = prepaid.consent("RequestWithdrawal", str(prepaid.agent), *key)
    prepaid.contract.requestWithdrawal(key, consent, {"from": prepaid.relayer})
    later(DAY)
    assert returned(prepaid.withdraw(key)) == 100


def test_a_signature_that_is_no_wallets_costs_a_stranger_only_gas(prepaid: Prepaid) -> None:
    """`settleOne` for a plain key never calls anything."""
    key = prepaid.open(100)
    junk = sign_digest(keccak(b"junk"), prepaid.world.key(prepaid.stranger))
    answer = raw_call(prepaid.contract.settleOne, key, 5, junk, sender=prepaid.stranger, gas=100_000)
    assert (answer.succeeded, answer.data[:4]) == (False, selector("Custody_InvalidSignature"))
