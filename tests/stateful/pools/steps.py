"""All kinds of steps that the machine of the reward pools takes."""

from __future__ import annotations

from typing import Any

from tests.model.pool_words import MAX_NOTICE, opening_message
from tests.model.words import ZERO, Consent
from tests.stateful.custody.steps import MOST, cancel_consents, permit, permit_of, withdraw_owed
from tests.stateful.people import EVERYBODY, HOLDERS, STRANGER
from tests.stateful.pools.hand import ATTESTERS, READERS, SPONSORS, PoolHand, PoolStore
from tests.stateful.registry import Act, Steps

POOL_STEPS = Steps[PoolHand, PoolStore]()
step = POOL_STEPS.step


# -------------------------------------------------------------------------------------------- money


@step(8)
def open_pool(hand: PoolHand, store: PoolStore) -> Act:
    return "open", hand.one(SPONSORS), (hand.opening(), hand.money())


def _signed(hand: PoolHand, account: str, message: tuple[Any, ...], amount: int) -> tuple[str, Consent]:
    """Somebody who sends what an account signed, and its consent: seldom none."""
    caller = hand.one([STRANGER, account, hand.one(HOLDERS)])
    return caller, hand.consent("", account, message, amount)


@step(8)
def open_signed(hand: PoolHand, store: PoolStore) -> Act:
    sponsor, opening, amount = hand.one(SPONSORS), hand.opening(), hand.money()
    caller, consent = _signed(hand, sponsor, opening_message(sponsor, opening, amount), amount)
    return "openSigned", caller, (sponsor, opening, amount, consent)


@step(7)
def fund(hand: PoolHand, store: PoolStore) -> Act | None:
    pool_id = hand.pool_id(lambda pool: pool.closes_at == 0)
    if pool_id is None:
        return None
    giver = hand.mostly(hand.one(HOLDERS), STRANGER, hand.sponsor(pool_id), percent=60)
    return "fund", giver, (pool_id, hand.money(hand.pools.pool(pool_id).funded))


@step(5)
def fund_signed(hand: PoolHand, store: PoolStore) -> Act | None:
    pool_id = hand.pool_id(lambda pool: pool.closes_at == 0)
    if pool_id is None:
        return None
    giver, amount = hand.one(HOLDERS), hand.money(hand.pools.pool(pool_id).funded)
    caller, consent = _signed(hand, giver, ("FundPool", giver, pool_id, amount), amount)
    return "fundSigned", caller, (pool_id, giver, amount, consent)


# ----------------------------------------------------------------------------------------- sponsors


def _sponsors(hand: PoolHand, name: str, pool_id: bytes, *said: Any) -> tuple[str, Consent]:
    """Who sends what a sponsor does to its pool, and the sponsor's consent."""
    sponsor = hand.sponsor(pool_id)
    caller = hand.sender(sponsor)
    return caller, hand.consent(caller, sponsor, (name, sponsor, pool_id, *said))


@step(6)
def change_attester(hand: PoolHand, store: PoolStore) -> Act | None:
    pool_id = hand.pool_id()
    if pool_id is None:
        return None
    attester = hand.mostly(hand.one(ATTESTERS), ZERO, percent=75)
    caller, consent = _sponsors(hand, "ChangeAttester", pool_id, attester)
    return "changeAttester", caller, (pool_id, attester, consent)


@step(2)
def announce_closing(hand: PoolHand, store: PoolStore) -> Act | None:
    pool_id = hand.pool_id(lambda pool: pool.closes_at == 0)
    if pool_id is None:
        return None
    caller, consent = _sponsors(hand, "AnnounceClosing", pool_id)
    return "announceClosing", caller, (pool_id, consent)


@step(4)
def cancel_closing(hand: PoolHand, store: PoolStore) -> Act | None:
    pool_id = hand.pool_id(lambda pool: pool.closes_at)
    if pool_id is None:
        return None
    caller, consent = _sponsors(hand, "CancelClosing", pool_id)
    return "cancelClosing", caller, (pool_id, consent)


@step(4)
def close(hand: PoolHand, store: PoolStore) -> Act | None:
    latest = hand.now + (MAX_NOTICE if hand.odds(25) else 1)
    pool_id = hand.pool_id(lambda pool: 0 < pool.closes_at <= latest and pool.spent < pool.funded)
    return pool_id and ("close", hand.one([STRANGER, *HOLDERS]), (pool_id,))


# -------------------------------------------------------------------------------------------- reads


def _caller(hand: PoolHand, pool_id: bytes) -> str:
    attester = hand.pools.pool(pool_id).attester
    return hand.one([STRANGER, STRANGER, hand.one(READERS), attester if attester in EVERYBODY else STRANGER])


@step(32)
def pay(hand: PoolHand, store: PoolStore) -> Act | None:
    pool_id = hand.paying()
    if pool_id is None:
        return None
    caller = _caller(hand, pool_id)
    count = hand.one([0, 1, 1, 2, 3, 4, 5, 8])
    return "pay", caller, (pool_id, [hand.read(store, pool_id, caller) for _ in range(count)])


@step(16)
def pay_one(hand: PoolHand, store: PoolStore) -> Act | None:
    pool_id = hand.paying()
    if pool_id is None:
        return None
    caller = _caller(hand, pool_id)
    return "payOne", caller, (pool_id, hand.read(store, pool_id, caller))


@step(12)
def collect(hand: PoolHand, store: PoolStore) -> Act | None:
    rich = [key for key, amount in hand.pools.books.credits.items() if amount]
    if not rich and hand.odds(80):
        return None
    payee = hand.one(rich)[1] if rich and hand.odds(90) else hand.one(READERS)
    mine = [pool_id for pool_id, who in rich if who == payee]
    known = list(hand.known) or [bytes(32)]
    pool_ids = [
        hand.mostly(hand.one(mine or known), hand.one(known), percent=80)
        for _ in range(hand.one([1, 1, 2, 3]))
    ]
    return "collect", hand.one([STRANGER, payee]), (payee, pool_ids if hand.odds(97) else [])


@step(3)
def several_calls(hand: PoolHand, store: PoolStore) -> Act | None:
    """A permit and what it pays for; a reader's own read and its reward; or whatever two other steps would
    do."""
    if hand.odds(40):
        owner, amount = hand.one(HOLDERS), hand.money()
        enough = hand.mostly(MOST, amount, max(amount - 1, 0), percent=80)
        calls = [("permit", permit_of(hand, owner, enough)), ("open", (hand.opening(), amount))]
        return "multicall", owner, (calls,)
    first, second = hand.one([pay_one, pay, fund]), hand.one([collect, pay, announce_closing])
    acts = [act for one in (first, second) if (act := one(hand, store))]
    if not acts:
        return None
    return "multicall", acts[0][1], ([(function, args) for function, _, args in acts],)


step(3)(withdraw_owed)
step(2)(cancel_consents)
step(2)(permit)
