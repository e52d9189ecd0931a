"""Owners against sellers: who promises money and takes it away, and who is kept from its own."""

from __future__ import annotations

from typing import Any

import pytest

from largesse.eip712 import sign_digest
from tests.fixtures.accounts import REFUSER_MODES, MakeAccount, call_as
from tests.support.certificates import DAY, ZERO
from tests.support.clock import at, later
from tests.support.errors import reverts
from tests.support.outputs import returned
from tests.support.prepaid import HOUR, ITSELF, MIN_DELAY, Key, Prepaid, settled, use
from tests.zoo.raw import raw_call


@pytest.fixture
def key(prepaid: Prepaid) -> Key:
    """1,000 of the agent's for the merchant, with a delay of a day."""
    return prepaid.open(1_000)


# withdraw races (x402#3464, graphprotocol/indexer#1028)


def test_a_withdrawal_never_overtakes_a_voucher_within_its_delay(prepaid: Prepaid, key: Key) -> None:
    """The owner asks, and goes on buying until the last second: all of it is paid."""
    prepaid.request_withdrawal(key)
    due = prepaid.now() + DAY
    for second, amount in ((due - DAY + 1, 100), (due - HOUR, 400), (due - 1, 999)):
        at(second)
        with reverts("Accounts_NotYet", due, second):
            prepaid.withdraw(key)
        at(second)
        prepaid.settle(prepaid.voucher(key, amount))
    at(due)
    assert returned(prepaid.withdraw(key)) == 1
    assert prepaid.balance(prepaid.merchant) == 999


def test_whoever_is_first_in_the_block_of_the_withdrawal_gets_its_own(prepaid: Prepaid, key: Key) -> None:
    """At the second from which it is due there is one order, and no money twice."""
    prepaid.request_withdrawal(key)
    due = prepaid.now() + DAY
    voucher = prepaid.voucher(key, 600)
    at(due)
    prepaid.withdraw(key)
    assert settled(prepaid.settle(voucher)).payout == 0
    assert (prepaid.held(), prepaid.balance(prepaid.merchant)) == (0, 0)


def test_no_row_of_requests_makes_the_delay_shorter(prepaid: Prepaid, key: Key) -> None:
    """Asking early and often, cancelling, topping up, rotating: the last request counts, and lapses."""
    prepaid.request_withdrawal(key)
    later(DAY - 10)
    prepaid.request_withdrawal(key)
    due = prepaid.now() + DAY
    prepaid.cancel_withdrawal(key)
    prepaid.request_withdrawal(key)
    prepaid.request_signer(key, prepaid.supporter)
    prepaid.request_signer(key, ZERO)
    prepaid.top_up(key, 1)
    at(due - 1)
    with reverts("Accounts_NotYet", due, due - 1):
        prepaid.withdraw(key)


def test_a_request_is_no_standing_threat(prepaid: Prepaid, key: Key) -> None:
    """Kept ripe for months it would let the owner pull the money the moment a voucher is presented."""
    prepaid.request_withdrawal(key)
    due = prepaid.now() + DAY
    at(due + DAY)
    prepaid.settle(prepaid.voucher(key, 100))
    at(due + DAY)
    with reverts("Accounts_Lapsed", due + DAY, due + DAY):
        prepaid.withdraw(key)


def test_a_seller_sees_everything_that_could_make_a_voucher_worthless(prepaid: Prepaid) -> None:
    """What it must refuse to serve against: expiry, a withdrawal or a signer that comes before it can settle.
    None of them can be nearer than what the account shows."""
    now = prepaid.now()
    key = prepaid.open(1_000, delay=MIN_DELAY, expires_at=now + 5 * DAY)
    prepaid.request_withdrawal(key)
    prepaid.request_signer(key, prepaid.supporter)
    shown = prepaid.state(key)
    worthless_from = min(shown.expires_at, shown.withdrawable_at, shown.new_signer_at)
    assert worthless_from == now + MIN_DELAY
    at(worthless_from - 1)
    for attempt in (prepaid.withdraw, prepaid.change_signer):
        with reverts("Accounts_NotYet", worthless_from, worthless_from - 1):
            attempt(key)
        at(worthless_from - 1)
    prepaid.settle(prepaid.voucher(key, 1_000))
    assert prepaid.balance(prepaid.merchant) == 1_000


# a signer that changes (and a session key that was stolen)


def test_rotating_the_signer_voids_no_voucher_at_once(prepaid: Prepaid, key: Key) -> None:
    voucher = prepaid.voucher(key, 900)
    prepaid.request_signer(key, prepaid.agent)
    due = prepaid.now() + DAY
    at(due - 1)
    with reverts("Accounts_NotYet", due, due - 1):
        prepaid.change_signer(key)
    at(due - 1)
    prepaid.settle(voucher)
    assert prepaid.balance(prepaid.merchant) == 900


def test_a_stolen_session_key_reaches_only_the_deposit_and_only_the_seller(
    prepaid: Prepaid, key: Key
) -> None:
    """It can't withdraw, rotate, top up from the owner's purse, or pay anybody else."""
    thief, stolen = prepaid.stranger, prepaid.session(key)
    other = prepaid.open(5_000, salt=1)
    purse = prepaid.balance(prepaid.agent)
    for micros in (1_001, 2**47 - 1):
        assert settled(prepaid.settle(prepaid.voucher(key, micros))).payout == 0
    assert settled(prepaid.settle(prepaid.voucher(other, 10, private_key=stolen))).payout == 0
    assert (
        settled(prepaid.settle(prepaid.voucher(key, 10, counterparty=str(thief)), counterparty=thief)).payout
        == 0
    )
    digest = prepaid.digest("RequestSigner", str(prepaid.agent), *key, str(thief), 1, prepaid.now() + DAY)
    consent = (1, prepaid.now() + DAY, False, sign_digest(digest, stolen))
    with reverts("Custody_InvalidSignature", prepaid.agent, digest):
        prepaid.contract.requestSigner(key, thief, consent, {"from": thief})
    prepaid.settle(prepaid.voucher(key, 1_000))
    assert prepaid.balance(prepaid.merchant) == 1_000
    assert prepaid.balance(prepaid.agent) == purse
    assert prepaid.money(other) == (5_000, 0)


# a stranger's top-up (Livepeer)


def test_a_strangers_dust_stops_no_withdrawal(prepaid: Prepaid, key: Key) -> None:
    """Sent in each block until it is due, and in front of the withdrawal itself."""
    prepaid.request_withdrawal(key)
    due = prepaid.now() + DAY
    for second in (0, 1, HOUR, DAY - 1, DAY):
        at(due - DAY + second)
        prepaid.top_up(key, 1, prepaid.stranger)
    at(due)
    assert returned(prepaid.withdraw(key)) == 1_005


def test_a_strangers_dust_stops_no_rotation(prepaid: Prepaid, key: Key) -> None:
    prepaid.request_signer(key, prepaid.supporter)
    due = prepaid.now() + DAY
    at(due)
    prepaid.top_up(key, 1, prepaid.stranger)
    prepaid.change_signer(key)
    assert prepaid.state(key).signer == str(prepaid.supporter)


def test_a_stranger_who_fills_an_account_up_gives_its_money_away(prepaid: Prepaid) -> None:
    """It can keep the owner from adding more; the owner has all of it, and another salt."""
    key = prepaid.open(1)
    prepaid.top_up(key, 2**47 - 2, prepaid.stranger)
    with reverts("Accounts_DepositTooLarge", 2**47, 2**47 - 1):
        prepaid.top_up(key, 1)
    prepaid.request_withdrawal(key)
    later(DAY)
    assert returned(prepaid.withdraw(key)) == 2**47 - 1


# overdraft of a shared escrow (indexer-rs#163, livepeer protocol#663)


def test_many_sellers_never_draw_on_one_deposit(prepaid: Prepaid) -> None:
    """One payer, one session key, three sellers: each has its own deposit and nothing of the others'."""
    sellers = [prepaid.merchant, prepaid.creator, prepaid.recipient]
    session = prepaid.world.key(prepaid.supporter)
    keys = [
        prepaid.open(100 * (i + 1), counterparty=seller, signer=prepaid.supporter)
        for i, seller in enumerate(sellers)
    ]
    assert len({key[1] for key in keys}) == 1
    for key, seller in zip(keys, sellers, strict=True):
        voucher = prepaid.voucher(key, 300, private_key=session)
        for other in sellers:
            if other != seller:
                assert settled(prepaid.settle(voucher, counterparty=other)).payout == 0
        prepaid.settle(voucher, counterparty=seller)
    assert [prepaid.money(key) for key in keys] == [(100, 0), (200, 0), (300, 300)]
    assert prepaid.held() == 300


def test_many_vouchers_of_one_account_never_add_up(prepaid: Prepaid, key: Key) -> None:
    """Ten for 600 each, signed one by one: all ten together are 600."""
    vouchers = [prepaid.voucher(key, 591 + i) for i in range(10)]
    prepaid.settle(*vouchers)
    assert prepaid.money(key) == (1_000, 600)
    assert prepaid.balance(prepaid.merchant) == 600


def test_withdrawing_and_depositing_again_pays_nothing_twice(prepaid: Prepaid, key: Key) -> None:
    """Around and around: what was paid in all never exceeds what was signed, nor what was put down."""
    prepaid.settle(prepaid.voucher(key, 500))
    for _ in range(3):
        prepaid.request_withdrawal(key)
        later(DAY)
        prepaid.withdraw(key)
        prepaid.top_up(key, 400)
        prepaid.settle(prepaid.voucher(key, 500))
    assert prepaid.balance(prepaid.merchant) == 500
    assert prepaid.money(key) == (900, 500)
    prepaid.check_books()


# an index that somebody else takes


def test_nobody_takes_an_index_that_is_on_its_way(prepaid: Prepaid) -> None:
    """A thief sees an opening and a top-up in the mempool and sends its own first, of the same salt: the
    top-up would land in its account, which it empties in an hour."""
    thief, owner = prepaid.stranger, prepaid.agent
    opening, key = prepaid.opening(7), prepaid.key(7)
    opens = prepaid.consent("OpenAccount", str(owner), *opening, 100, nonce=1)
    adds = prepaid.consent("TopUpAccount", str(owner), *key, 900, nonce=2)
    prepaid.contract.open((str(prepaid.merchant), 7, str(thief), MIN_DELAY, 0), 1, {"from": thief})
    with reverts("Accounts_Unknown", *key):
        prepaid.contract.topUpSigned(key, owner, 900, adds, {"from": thief})
    prepaid.contract.openSigned(owner, opening, 100, opens, {"from": prepaid.relayer})
    prepaid.contract.topUpSigned(key, owner, 900, adds, {"from": prepaid.relayer})
    assert prepaid.state(key)[:4] == (str(owner), prepaid.signer(key), 1_000, 0)


def test_a_signed_opening_is_nobody_elses(prepaid: Prepaid) -> None:
    """The relayer can change neither whose it is nor a detail, nor send it twice."""
    thief, owner = prepaid.stranger, prepaid.agent
    opening = prepaid.opening(7)
    consent = prepaid.consent("OpenAccount", str(owner), *opening, 100)
    for who, bent in (
        (thief, opening),
        (owner, (str(thief), *opening[1:])),
        (owner, (*opening[:2], str(thief), *opening[3:])),
        (owner, (*opening[:3], MIN_DELAY, 0)),
        (owner, (*opening[:4], prepaid.now() + 1)),
    ):
        digest = prepaid.digest("OpenAccount", str(who), *bent, 100, *consent[:2])
        with reverts("Custody_InvalidSignature", who, digest):
            prepaid.contract.openSigned(who, bent, 100, consent, {"from": thief})
    prepaid.contract.openSigned(owner, opening, 100, consent, {"from": thief})
    assert prepaid.state(prepaid.key(7)).owner == str(owner)


def test_nobody_spends_an_allowance_that_others_gave(prepaid: Prepaid, key: Key) -> None:
    """Everybody has approved the contract; only they, or their signature, set it in motion."""
    thief, opening = prepaid.stranger, prepaid.opening(8, owner=prepaid.holder, signer=prepaid.stranger)
    digest = prepaid.digest("OpenAccount", str(prepaid.holder), *opening, 100, 1, 2**40 - 1)
    for signature in (b"", bytes(65), bytes(64)):
        consent = (1, 2**40 - 1, False, signature)
        with reverts("Custody_InvalidSignature", prepaid.holder, digest):
            prepaid.contract.openSigned(prepaid.holder, opening, 100, consent, {"from": thief})


# kept from one's own


def test_a_blacklisted_seller_is_owed_and_blocks_nobody(make_prepaid: Any, make_token: Any) -> None:
    prepaid: Prepaid = make_prepaid(make_token("BlacklistToken"))
    mine, theirs = prepaid.open(100), prepaid.open(100, counterparty=prepaid.creator)
    prepaid.token.blacklist(prepaid.merchant, {"from": prepaid.deployer})
    tx = prepaid.settle(prepaid.voucher(mine, 60))
    assert settled(tx).payout == prepaid.contract.owed(prepaid.merchant) == 60
    prepaid.settle(prepaid.voucher(theirs, 70), counterparty=prepaid.creator)
    assert prepaid.balance(prepaid.creator) == 70
    prepaid.settle(prepaid.voucher(mine, 65))
    assert prepaid.contract.owed(prepaid.merchant) == prepaid.contract.totalOwed() == 65
    prepaid.contract.withdrawOwed(prepaid.merchant, prepaid.recipient, ITSELF, {"from": prepaid.merchant})
    assert prepaid.balance(prepaid.recipient) == 65
    prepaid.check_books()


def test_a_blacklisted_owner_is_owed_what_it_withdraws(make_prepaid: Any, make_token: Any) -> None:
    """And its seller is paid as before."""
    prepaid: Prepaid = make_prepaid(make_token("BlacklistToken"))
    key = prepaid.open(100)
    prepaid.token.blacklist(prepaid.agent, {"from": prepaid.deployer})
    with reverts("BlacklistToken_Blacklisted", prepaid.agent):
        prepaid.top_up(key, 1)
    prepaid.settle(prepaid.voucher(key, 60))
    prepaid.request_withdrawal(key)
    later(DAY)
    assert returned(prepaid.withdraw(key)) == 40
    assert prepaid.contract.owed(prepaid.agent) == 40
    assert prepaid.money(key) == (60, 60)
    prepaid.contract.withdrawOwed(prepaid.agent, prepaid.recipient, ITSELF, {"from": prepaid.agent})
    assert (prepaid.balance(prepaid.recipient), prepaid.balance(prepaid.merchant)) == (40, 60)
    prepaid.check_books()


def test_a_currency_that_bans_the_contract_harms_its_own_accounts_only(
    prepaid: Prepaid, make_prepaid: Any, make_token: Any
) -> None:
    """What is settled then is owed; when the ban is over it is paid."""
    odd: Prepaid = make_prepaid(make_token("BlacklistToken"))
    key, other = odd.open(100), prepaid.open(100)
    odd.token.blacklist(odd.contract, {"from": odd.deployer})
    odd.settle(odd.voucher(key, 60))
    assert odd.contract.owed(odd.merchant) == 60
    prepaid.settle(prepaid.voucher(other, 60))
    assert prepaid.balance(prepaid.merchant) == 60
    odd.token.unBlacklist(odd.contract, {"from": odd.deployer})
    odd.contract.withdrawOwed(odd.merchant, odd.merchant, ITSELF, {"from": odd.merchant})
    assert odd.balance(odd.merchant) == 60
    odd.check_books()


@pytest.mark.parametrize("mode", ["WrongMagic", "Reverts", "RevertsEmpty", "BurnsGas"])
def test_a_wallet_that_refuses_its_card_keeps_nobody_from_its_money(
    prepaid: Prepaid, make_account: MakeAccount, mode: str
) -> None:
    """A named series' card that can't be restored to its owner: the seller is paid meanwhile, the wallet may
    change its mind, and in the end it is the beneficiary's."""
    world = prepaid.world
    series = world.named_series(services=[prepaid.contract])
    wallet = make_account("Refuser1155", prepaid.holder, "Accepts")
    world.issue(series, wallet, 50_000)
    key = prepaid.key(owner=wallet)
    expires_at = prepaid.now() + HOUR
    data = use("Open", *prepaid.opening(owner=wallet, expires_at=expires_at)[1:])
    payment = world.payment(prepaid.contract, payee=prepaid.merchant, data=data)
    card = world.own_card(series, 1_000, wallet)
    call_as(wallet, prepaid.holder, world.certificates.pay, payment, [card])
    wallet.setMode(REFUSER_MODES.index(mode), {"from": prepaid.holder})
    at(expires_at)
    withdrawal = (prepaid.contract.address, 0, prepaid.contract.withdraw.encode_input(key, ITSELF))
    assert not raw_call(wallet.execute, *withdrawal, sender=prepaid.holder, gas=5_000_000).succeeded
    prepaid.settle(prepaid.voucher(key, 400))
    assert prepaid.balance(prepaid.merchant) == 400
    at(int(world.certificates.terms(series)[3]) + DAY)
    prepaid.contract.forfeit(key, {"from": prepaid.stranger})
    assert prepaid.balance(prepaid.beneficiary) == 600
    prepaid.check_books()
