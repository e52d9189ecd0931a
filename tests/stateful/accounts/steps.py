"""All kinds of steps that the machine of the prepaid accounts takes."""

from __future__ import annotations

from typing import Any

from eth_abi.abi import encode

from tests.model.account_words import AccountKey, LockedVoucher, Rows, Use
from tests.model.deposits import opening_message
from tests.model.words import ZERO, Consent, Portion
from tests.stateful.accounts.hand import COUNTERPARTIES, OWNERS, AccountHand, AccountStore
from tests.stateful.custody.steps import (
    MOST,
    cancel_consents,
    give_card_away,
    new_series,
    paid_with_cards,
    permit,
    permit_of,
    withdraw_owed,
)
from tests.stateful.people import HOLDERS, STRANGER
from tests.stateful.registry import Act, Steps

ACCOUNT_STEPS = Steps[AccountHand, AccountStore]()
step = ACCOUNT_STEPS.step


# --------------------------------------------------------------------------------------------- paying in


@step(10)
def open_account(hand: AccountHand, store: AccountStore) -> Act:
    owner = hand.one(OWNERS)
    return "open", owner, (hand.opening(owner), hand.deposit())


def _signed(hand: AccountHand, account: str, message: tuple[Any, ...], amount: int) -> tuple[str, Consent]:
    """Somebody who sends what an account signed, and its consent: seldom none."""
    caller = hand.one([STRANGER, account, hand.one(HOLDERS)])
    return caller, hand.consent("", account, message, amount)


@step(10)
def open_signed(hand: AccountHand, store: AccountStore) -> Act:
    owner = hand.one(OWNERS)
    opening, amount = hand.opening(owner), hand.deposit()
    caller, consent = _signed(hand, owner, opening_message(owner, opening, amount), amount)
    return "openSigned", caller, (owner, opening, amount, consent)


@step(6)
def top_up(hand: AccountHand, store: AccountStore) -> Act | None:
    key = hand.key()
    if key is None:
        return None
    payer = hand.mostly(hand.owner(key), STRANGER, hand.one(HOLDERS), percent=60)
    return "topUp", payer, (key, hand.deposit(hand.prepaid.account(key).deposit))


@step(6)
def top_up_signed(hand: AccountHand, store: AccountStore) -> Act | None:
    key = hand.key()
    if key is None:
        return None
    payer = hand.mostly(hand.owner(key), STRANGER, hand.one(HOLDERS), percent=60)
    amount = hand.deposit(hand.prepaid.account(key).deposit)
    message = ("TopUpAccount", payer, key.counterparty, key.index, amount)
    caller, consent = _signed(hand, payer, message, amount)
    return "topUpSigned", caller, (key, payer, amount, consent)


@step(15)
def redeem_into(hand: AccountHand, store: AccountStore) -> Act:
    """A card into a new account, or into one that there is: mostly one that its money may be mixed with."""
    series_id, holder = hand.card()
    merchants = [who for who in COUNTERPARTIES if hand.model.is_merchant(series_id, who)]
    counterparty = hand.mostly(hand.one(merchants or COUNTERPARTIES), *COUNTERPARTIES, hand.here, percent=96)
    opening = hand.opening(holder)
    before = 0
    kinds = ["uint8", "uint256", "uint256", "uint256", "uint256"]
    salt = hand.mostly(opening.salt, 2**96, percent=98)
    delay = hand.mostly(opening.delay_seconds, 2**24, percent=98)
    said = [Use.OPEN, salt, int(opening.signer, 16), delay, opening.expires_at]
    plain = not hand.named(series_id)
    mine = [
        key
        for key, account in hand.accounts.items()
        if (account.series_id == (0 if plain else series_id) or hand.odds(8))
        and (account.owner == holder or hand.odds(10))
    ]
    if mine and hand.odds(55):
        key = hand.one(mine)
        counterparty, before = key.counterparty, hand.accounts[key].deposit
        kinds, said = ["uint8", "uint256"], [Use.TOP_UP, hand.mostly(key.index, 7, 2**64, percent=96)]
    data = encode(kinds, said)
    if hand.odds(2):
        data = hand.one([b"", data[:32], encode(["uint8"], [2]), data[:-1], data + b"\0"])
    caller = hand.one([holder, STRANGER if counterparty == hand.here else counterparty, STRANGER])
    held = hand.model.account(series_id, holder).balance // hand.prepaid.unit * hand.prepaid.unit
    wanted = min(hand.deposit(before), held) if hand.odds(90) else hand.deposit(before)
    return paid_with_cards(hand, caller, (counterparty, data), (series_id, holder), wanted)


@step(1)
def pretend(hand: AccountHand, store: AccountStore) -> Act:
    """Somebody who is not the certificates says that money came."""
    series_id, holder = hand.card()
    data = encode(["uint8", "uint64"], [Use.TOP_UP, hand.unknown().index])
    said = [Portion(holder, series_id, hand.small())]
    return "onRedemption", STRANGER, (hand.one(COUNTERPARTIES), said[0].amount, 0, said, data)


@step(3)
def several_calls(hand: AccountHand, store: AccountStore) -> Act | None:
    """A permit and what it pays for; or whatever two other steps would do."""
    if hand.odds(50):
        owner, amount = hand.one(HOLDERS), hand.deposit()
        enough = hand.mostly(MOST, amount, max(amount - 1, 0), percent=80)
        calls = [("permit", permit_of(hand, owner, enough)), ("open", (hand.opening(owner), amount))]
        return "multicall", owner, (calls,)
    first, second = hand.one([settle, request_withdrawal, top_up]), hand.one([withdraw, settle_one, top_up])
    acts = [act for one in (first, second) if (act := one(hand, store))]
    if not acts:
        return None
    return "multicall", acts[0][1], ([(function, args) for function, _, args in acts],)


# ----------------------------------------------------------------------------------------------- owners


def _owners(hand: AccountHand, name: str, key: AccountKey, *said: Any) -> tuple[str, Consent]:
    """Who sends what an owner does to its account, and the owner's consent."""
    owner = hand.owner(key)
    caller = hand.sender(owner)
    return caller, hand.consent(caller, owner, (name, owner, key.counterparty, key.index, *said))


@step(7)
def request_withdrawal(hand: AccountHand, store: AccountStore) -> Act | None:
    now = hand.now
    key = hand.key(
        lambda account: (
            account.deposit > account.paid and account.withdrawable_at + account.delay_seconds <= now
        )
    )
    if key is None:
        return None
    caller, consent = _owners(hand, "RequestWithdrawal", key)
    return "requestWithdrawal", caller, (key, consent)


@step(3)
def cancel_withdrawal(hand: AccountHand, store: AccountStore) -> Act | None:
    key = hand.key(lambda account: account.withdrawable_at)
    if key is None:
        return None
    caller, consent = _owners(hand, "CancelWithdrawal", key)
    return "cancelWithdrawal", caller, (key, consent)


@step(14)
def withdraw(hand: AccountHand, store: AccountStore) -> Act | None:
    now = hand.now
    key = hand.key(
        lambda account: (
            account.withdrawable_at - 1 <= now <= account.withdrawable_at + account.delay_seconds
            or 0 < account.expires_at <= now + 1
        )
    )
    if key is None:
        return None
    caller, consent = _owners(hand, "Withdraw", key)
    return "withdraw", caller, (key, consent)


@step(8)
def forfeit(hand: AccountHand, store: AccountStore) -> Act | None:
    books = hand.model.books.series
    over = [i for i, series in books.items() if series.terms.limitation_at <= hand.now]
    key = hand.key(lambda account: account.series_id in over and account.deposit > account.paid)
    if key is None or (hand.prepaid.account(key).series_id == 0 and hand.odds(70)):
        return None
    return "forfeit", hand.one([STRANGER, *HOLDERS]), (key,)


@step(6)
def request_signer(hand: AccountHand, store: AccountStore) -> Act | None:
    key = hand.key()
    if key is None:
        return None
    signer = hand.mostly(hand.session(hand.owner(key)), ZERO, percent=82)
    caller, consent = _owners(hand, "RequestSigner", key, signer)
    return "requestSigner", caller, (key, signer, consent)


@step(8)
def change_signer(hand: AccountHand, store: AccountStore) -> Act | None:
    now = hand.now
    key = hand.key(
        lambda account: account.new_signer_at - 1 <= now <= account.new_signer_at + account.delay_seconds
    )
    if key is None:
        return None
    caller, consent = _owners(hand, "ChangeSigner", key)
    return "changeSigner", caller, (key, consent)


# --------------------------------------------------------------------------------------- counterparties


def rows_of(hand: AccountHand, store: AccountStore, *, locked: bool) -> tuple[str, Rows] | None:
    """A counterparty, and rows for its accounts, mostly."""
    first = hand.key(lambda account: account.deposit > account.paid)
    if first is None:
        return None
    counterparty = first.counterparty
    keys = [key for key in hand.accounts if key.counterparty == counterparty] or [first]
    count = hand.one([0, 1, 1, 2, 3, 4, 5, 8, 9, 17]) if hand.odds(60) else 2
    chosen = [hand.mostly(hand.one(keys), hand.unknown(), percent=95) for _ in range(count)]
    vouchers = [hand.voucher(store, counterparty, key, locked=locked) for key in chosen]
    rest = b"" if hand.odds(97) else hand.rng.randbytes(hand.one([1, 14, 77]))
    whom = hand.mostly(counterparty, hand.one(COUNTERPARTIES), percent=97)
    return whom, Rows(tuple(vouchers), rest)


@step(20)
def settle(hand: AccountHand, store: AccountStore) -> Act | None:
    given = rows_of(hand, store, locked=False)
    return given and ("settle", hand.one([STRANGER, *COUNTERPARTIES]), given)


@step(14)
def settle_locked(hand: AccountHand, store: AccountStore) -> Act | None:
    given = rows_of(hand, store, locked=True)
    return given and ("settleLocked", hand.one([STRANGER, *COUNTERPARTIES]), given)


@step(9)
def settle_one(hand: AccountHand, store: AccountStore) -> Act | None:
    key = hand.key(lambda account: account.deposit > account.paid)
    if key is None:
        return None
    voucher = hand.voucher(store, key.counterparty, key, locked=False)
    named = AccountKey(key.counterparty, voucher.index)
    return "settleOne", STRANGER, (named, voucher.amount, voucher.signature)


@step(9)
def settle_one_locked(hand: AccountHand, store: AccountStore) -> Act | None:
    key = hand.key(lambda account: account.deposit > account.paid)
    if key is None:
        return None
    voucher = hand.voucher(store, key.counterparty, key, locked=True)
    assert isinstance(voucher, LockedVoucher)
    named = AccountKey(key.counterparty, voucher.index)
    opened = voucher.expires_at, voucher.preimage
    return "settleOneLocked", STRANGER, (named, voucher.amount, *opened, voucher.signature)


@step(5)
def count_used(hand: AccountHand, store: AccountStore) -> Act:
    named = [key for key, account in hand.accounts.items() if account.series_id]
    keys = [
        hand.mostly(hand.one(named), hand.unknown(), percent=85) if named else hand.unknown()
        for _ in range(hand.one([1, 1, 2, 3]))
    ]
    return "countUsed", STRANGER, (keys,)


step(3)(withdraw_owed)
step(2)(cancel_consents)
step(2)(permit)
step(4)(new_series)
step(1)(give_card_away)
