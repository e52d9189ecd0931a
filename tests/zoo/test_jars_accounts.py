"""Who pays, earns, attests and is given: contract wallets (ERC-1271) and accounts with borrowed code
(EIP-7702) do all that a plain account does."""

from __future__ import annotations

from typing import Any

import pytest
from brownie import Contract

from largesse.signed.certificates import Redemption
from tests.fixtures.accounts import REFUSER_MODES, WALLET_MODES, MakeAccount, call_as, delegate_7702
from tests.support.certificates import World
from tests.support.clock import at, mine_at
from tests.support.errors import reverts
from tests.support.jars import DAY, ITSELF, NOON, Jars, use
from tests.support.payments import selector
from tests.support.tipping import FOREVER, deploy_jars
from tests.zoo.raw import raw_call

RATE = 10**9  # a base unit a second
GOOD_ANSWERS = ("AcceptsAll", "ReEnters")
"""Of a wallet that answers as it pleases: those that say yes (and one that was told to call nobody)."""


@pytest.fixture(scope="module")
def jars(world: World) -> Jars:
    jars = deploy_jars(world)
    for person in (jars.supporter, jars.giver):
        jars.fund(person, 10**9)
    mine_at(NOON)
    return jars


@pytest.fixture(scope="module")
def wallet(jars: Jars, make_account: MakeAccount) -> Any:
    """A contract wallet of the giver's, with money that the escrow may take."""
    wallet = make_account("Wallet1271", jars.giver)
    jars.token.mint(wallet, 10**9, {"from": jars.deployer})
    call_as(wallet, jars.giver, jars.token.approve, jars.escrow, 2**256 - 1)
    return wallet


# paying


def test_a_wallet_streams_by_its_own_calls(jars: Jars, wallet: Any) -> None:
    key = jars.key(payer=wallet)
    at(NOON + 10)
    call_as(wallet, jars.giver, jars.escrow.open, key, RATE, DAY, ITSELF)
    at(NOON + 47)
    call_as(wallet, jars.giver, jars.escrow.cancel, key, ITSELF)
    assert jars.balance(wallet) == 10**9 - 37
    assert jars.escrow.claimable(jars.jar) == 37


def test_a_wallet_streams_by_its_owners_signature(jars: Jars, wallet: Any) -> None:
    key = jars.key(payer=wallet)
    start = jars.consent("OpenStream", *key, RATE, DAY, signer=jars.giver, nonce=1)
    at(NOON + 10)
    jars.escrow.open(key, RATE, DAY, start, {"from": jars.relayer})
    # the owner's own streams are not the wallet's, nor the other way round
    stop = jars.consent("CancelStream", *key, signer=jars.giver, nonce=2)
    owners = jars.key(payer=jars.giver)
    digest = jars.digest("CancelStream", *owners, *stop[:2])
    with reverts("Custody_InvalidSignature", jars.giver, digest):
        jars.escrow.cancel(owners, stop, {"from": jars.relayer})
    at(NOON + 47)
    jars.escrow.cancel(key, stop, {"from": jars.relayer})
    assert jars.balance(wallet) == 10**9 - 37
    assert jars.balance(jars.giver) == 10**9


@pytest.mark.parametrize("signer", ["supporter", "relayer", "creator"])
def test_a_wallet_is_not_spent_by_others(jars: Jars, wallet: Any, signer: str) -> None:
    values = (wallet, jars.jar, 1_000, "")
    consent = jars.consent("Tip", *values, signer=getattr(jars, signer))
    with reverts("Custody_InvalidSignature", wallet, jars.digest("Tip", *values, *consent[:2])):
        jars.escrow.tip(*values, consent, {"from": jars.relayer})


@pytest.mark.parametrize("mode", WALLET_MODES)
def test_a_wallet_that_answers_wrongly_pays_nothing(jars: Jars, make_account: MakeAccount, mode: str) -> None:
    bad = make_account("Wallet1271Bad", jars.giver, mode)
    jars.token.mint(bad, 1_000, {"from": jars.deployer})
    call_as(bad, jars.giver, jars.token.approve, jars.escrow, 1_000)
    values = (bad, jars.jar, 1_000, "")
    consent = (1, FOREVER, False, b"\x01" * 65)
    if mode in GOOD_ANSWERS:
        jars.escrow.tip(*values, consent, {"from": jars.relayer, "gas_limit": 6_000_000})
        assert jars.escrow.claimable(jars.jar) == 1_000
        return
    with reverts("Custody_InvalidSignature", bad, jars.digest("Tip", *values, *consent[:2])):
        jars.escrow.tip(*values, consent, {"from": jars.relayer, "gas_limit": 6_000_000})
    assert jars.balance(bad) == 1_000


def test_a_starved_wallet_check_is_no_refusal(jars: Jars, wallet: Any) -> None:
    """With too little gas for the wallet's answer the transaction fails as a whole, by its own name."""
    values = (wallet, jars.jar, 1_000, "")
    consent = jars.consent("Tip", *values, signer=jars.giver)
    starved = raw_call(jars.escrow.tip, *values, consent, sender=jars.relayer, gas=300_000)
    assert (starved.succeeded, starved.data[:4]) == (False, selector("Signatures_GasFloor"))
    jars.escrow.tip(*values, consent, {"from": jars.relayer})


def test_an_account_with_borrowed_code_signs_with_its_key(jars: Jars, delegate_code: Any) -> None:
    """By allowance, and by a currency that asks the key (v, r, s)."""
    delegate_7702(jars.supporter, delegate_code, jars.relayer)
    values = (jars.supporter, jars.jar, 1_000, "")
    jars.escrow.tip(*values, jars.consent("Tip", *values, nonce=1), {"from": jars.relayer})
    moves = jars.consent("Tip", *values, nonce=2, moves=1_000)
    jars.escrow.tip(*values, moves, {"from": jars.relayer})
    assert jars.escrow.claimable(jars.jar) == 2_000


def test_an_account_with_borrowed_code_approves_and_streams_in_one_transaction(
    jars: Jars, delegate_code: Any
) -> None:
    person = jars.holder
    jars.token.mint(person, DAY, {"from": jars.deployer})
    delegate_7702(person, delegate_code, jars.relayer)
    key = jars.key(payer=person)
    itself = Contract.from_abi("Delegate7702", person.address, delegate_code.abi)
    calls = [
        (jars.token.address, 0, jars.token.approve.encode_input(jars.escrow, DAY)),
        (jars.escrow.address, 0, jars.escrow.open.encode_input(key, RATE, DAY, ITSELF)),
    ]
    at(NOON + 10)
    itself.execute(calls, {"from": person})
    assert jars.escrow.stream(key) == (RATE, NOON + 10, NOON + 10 + DAY, 0)
    at(NOON + 47)
    jars.escrow.cancel(key, ITSELF, {"from": person})
    assert jars.balance(person) == DAY - 37


# earning, attesting, being given


def test_a_wallet_is_a_creator(jars: Jars, wallet: Any) -> None:
    """Tiers, members, tips, a shared jar, and a collection that anybody sends."""
    jar = jars.jar_of(wallet)
    call_as(wallet, jars.giver, jars.escrow.setTier, 1, 30 * DAY, 0)
    subscription = jars.subscription(RATE, 30 * DAY, creator=wallet)
    at(NOON + 10)
    jars.escrow.subscribe(subscription, ITSELF, {"from": jars.supporter})
    assert jars.escrow.isSupporter(wallet, jars.supporter, 1) == NOON + 10
    before = jars.balance(wallet)
    at(NOON + 10 + 3 * DAY)
    jars.collect(jar)
    assert jars.balance(wallet) - before == 3 * DAY
    call_as(
        wallet, jars.giver, jars.escrow.createSharedJar, [wallet.address, jars.stranger.address], [1, 9_999]
    )
    shared = jars.jar_of(wallet, 1)
    jars.tip(10_000, jar=shared)
    jars.collect(shared)
    away = jars.consent("OwedWithdrawal", wallet, jars.recipient, signer=jars.giver, deadline=FOREVER)
    jars.escrow.withdrawOwed(wallet, jars.recipient, away, {"from": jars.relayer})
    assert jars.balance(jars.recipient) == 1


def test_a_wallet_attests_handles(jars: Jars, wallet: Any) -> None:
    tip = jars.handle_tip(1_000, attestor=wallet)
    jars.escrow.tipHandle(tip, "", ITSELF, {"from": jars.supporter})
    deadline = jars.now() + DAY
    word = jars.attest([tip], jars.recipient, deadline, signer=jars.giver)
    jars.escrow.claimHandleTips([tip], jars.recipient, deadline, word, {"from": jars.relayer})
    assert jars.escrow.claimable(jars.jar_of(jars.recipient)) == 1_000


def test_a_wallet_is_a_member(jars: Jars, wallet: Any) -> None:
    """Somebody pays for it; it needs to know nothing of it."""
    rate = jars.set_tier()
    jars.escrow.subscribe(jars.subscription(rate, 10_000, account=wallet), ITSELF, {"from": jars.supporter})
    assert jars.escrow.isSupporter(jars.creator, wallet, 1) == jars.now()


# cards that come back


def holding(jars: Jars, account: Any, amount: int) -> int:
    """A named series of which a contract account has face."""
    series = jars.world.create_series([jars.creator], [jars.escrow], named=True)
    jars.world.issue(series, account, amount)
    return series


def card_of(jars: Jars, account: Any, series: int, amount: int, data: bytes) -> None:
    """The account's owner, the giver, signs a redemption into the creator's jar."""
    message = Redemption(
        str(account), series, amount, jars.escrow.address, jars.creator.address, 0, data, 1, FOREVER
    )
    signature = message.sign(jars.world.domain, jars.world.key(jars.giver))
    jars.redeem([(str(account), series, amount, 0, 1, FOREVER, signature)], data, sender=jars.relayer)


def test_a_wallets_card_comes_back_to_the_wallet(jars: Jars, wallet: Any) -> None:
    series = holding(jars, wallet, DAY)
    at(NOON + 10)
    card_of(jars, wallet, series, DAY, use("Open", 0, RATE))
    key = jars.key(payer=wallet)
    stop = jars.consent("CancelStream", *key, signer=jars.giver, deadline=FOREVER)
    at(NOON + 47)
    jars.escrow.cancel(key, stop, {"from": jars.relayer})
    assert jars.world.certificates.account(series, wallet)[:2] == (DAY - 37, 37)


def test_an_account_that_refuses_its_card_back_goes_on_streaming(
    jars: Jars, make_account: MakeAccount
) -> None:
    """Nobody else is harmed, and nothing is lost: it can end the stream as soon as it takes cards again."""
    refuser = make_account("Refuser1155", jars.giver, "Accepts")
    series = holding(jars, refuser, DAY)
    key = jars.key(payer=refuser)
    data = use("Open", 0, RATE)
    payment = jars.world.payment(jars.escrow, payee=jars.creator, data=data)
    own = jars.world.own_card(series, DAY, holder=refuser)
    at(NOON + 10)
    call_as(refuser, jars.giver, jars.world.certificates.pay, payment, [own])
    refuser.setMode(REFUSER_MODES.index("RevertsEmpty"), {"from": jars.giver})
    at(NOON + 47)
    with reverts("ERC1155InvalidReceiver", refuser.address):
        call_as(refuser, jars.giver, jars.escrow.cancel, key, ITSELF)
    jars.tip(5)
    at(NOON + 60)
    jars.collect()
    assert jars.balance(jars.creator) == 55  # 50 seconds, and a tip
    refuser.setMode(REFUSER_MODES.index("Accepts"), {"from": jars.giver})
    at(NOON + 110)
    call_as(refuser, jars.giver, jars.escrow.cancel, key, ITSELF)
    assert jars.world.certificates.account(series, refuser)[:2] == (DAY - 100, 100)


def test_a_card_comes_back_while_its_holder_calls_back(jars: Jars, make_account: MakeAccount) -> None:
    """The holder, handed its card, tries to have the same stream back once more: the door is shut."""
    greedy = make_account("ReentrantReceiver1155", jars.giver)
    series = holding(jars, greedy, DAY)
    key = jars.key(payer=greedy)
    data = use("Open", 0, RATE)
    payment = jars.world.payment(jars.escrow, payee=jars.creator, data=data)
    own = jars.world.own_card(series, DAY, holder=greedy)
    at(NOON + 10)
    call_as(greedy, jars.giver, jars.world.certificates.pay, payment, [own])
    greedy.program(jars.escrow, jars.escrow.cancel.encode_input(key, ITSELF), 1, {"from": jars.giver})
    at(NOON + 47)
    call_as(greedy, jars.giver, jars.escrow.cancel, key, ITSELF)
    assert (greedy.callsMade(), greedy.succeeded()) == (1, False)
    assert bytes(greedy.returned()) == bytes.fromhex("3ee5aeb5")  # ReentrancyGuardReentrantCall()
    assert jars.world.certificates.account(series, greedy)[:2] == (DAY - 37, 37)
    assert jars.world.certificates.placed(series, jars.escrow, greedy) == 0
