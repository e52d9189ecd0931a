"""Who owns, signs and is paid: contract wallets (ERC-1271) and accounts with borrowed code (EIP-7702) do all
that a plain account does."""

from __future__ import annotations

from typing import Any

import pytest
from brownie import Contract

from largesse.signed.certificates import Redemption
from largesse.vouchers import SignedVoucher, rows
from tests.fixtures.accounts import WALLET_MODES, MakeAccount, call_as, delegate_7702
from tests.support.certificates import DAY
from tests.support.clock import later
from tests.support.errors import reverts
from tests.support.payments import selector
from tests.support.prepaid import ITSELF, Key, Prepaid, settled, use
from tests.support.tipping import FOREVER
from tests.zoo.raw import raw_call

GOOD_ANSWERS = ("AcceptsAll", "ReEnters")
"""Of a wallet that answers as it pleases: those that say yes (and one that was told to call nobody)."""


@pytest.fixture(scope="module")
def wallet(prepaid: Prepaid, make_account: MakeAccount) -> Any:
    """A contract wallet of the giver's, with 10,000 that the accounts may take."""
    return funded(prepaid, make_account("Wallet1271", prepaid.giver))


def funded(prepaid: Prepaid, account: Any) -> Any:
    prepaid.token.mint(account, 10_000, {"from": prepaid.deployer})
    call_as(account, prepaid.giver, prepaid.token.approve, prepaid.contract, 2**256 - 1)
    return account


def open_by_call(prepaid: Prepaid, wallet: Any, micros: int) -> Key:
    call_as(wallet, prepaid.giver, prepaid.contract.open, prepaid.opening(owner=wallet), micros)
    return prepaid.key(owner=wallet)


# owning


def test_a_wallet_owns_by_its_own_calls(prepaid: Prepaid, wallet: Any) -> None:
    """Opened, topped up, rotated, asked for and withdrawn."""
    contract, giver = prepaid.contract, prepaid.giver
    key = open_by_call(prepaid, wallet, 1_000)
    call_as(wallet, giver, contract.topUp, key, 500)
    prepaid.settle(prepaid.voucher(key, 100))
    call_as(wallet, giver, contract.requestSigner, key, prepaid.supporter.address, ITSELF)
    call_as(wallet, giver, contract.requestWithdrawal, key, ITSELF)
    call_as(wallet, giver, contract.cancelWithdrawal, key, ITSELF)
    call_as(wallet, giver, contract.requestWithdrawal, key, ITSELF)
    later(DAY)
    call_as(wallet, giver, contract.changeSigner, key, ITSELF)
    prepaid.settle(prepaid.voucher(key, 300, private_key=prepaid.world.key(prepaid.supporter)))
    call_as(wallet, giver, contract.withdraw, key, ITSELF)
    assert (prepaid.balance(wallet), prepaid.balance(prepaid.merchant), prepaid.held()) == (9_700, 300, 0)


def test_a_wallets_accounts_are_not_its_owners(prepaid: Prepaid, wallet: Any) -> None:
    """What the owner signs for itself says nothing for the wallet, nor does the owner's own call."""
    key = open_by_call(prepaid, wallet, 1_000)
    with reverts("Custody_NotItself", wallet, prepaid.giver):
        prepaid.request_withdrawal(key, prepaid.giver)
    values = (str(prepaid.giver), *key)
    consent = prepaid.consent("RequestWithdrawal", *values, signer=prepaid.giver)
    digest = prepaid.digest("RequestWithdrawal", str(wallet), *key, *consent[:2])
    with reverts("Custody_InvalidSignature", wallet, digest):
        prepaid.contract.requestWithdrawal(key, consent, {"from": prepaid.relayer})


@pytest.mark.parametrize("mode", WALLET_MODES)
def test_a_wallet_that_answers_wrongly_opens_nothing(
    prepaid: Prepaid, make_account: MakeAccount, mode: str
) -> None:
    bad = funded(prepaid, make_account("Wallet1271Bad", prepaid.giver, mode))
    opening = prepaid.opening(owner=bad)
    consent = (1, FOREVER, False, b"\x01" * 65)
    send = {"from": prepaid.relayer, "gas_limit": 6_000_000}
    if mode in GOOD_ANSWERS:
        prepaid.contract.openSigned(bad, opening, 1_000, consent, send)
        assert prepaid.money(prepaid.key(owner=bad)) == (1_000, 0)
        return
    digest = prepaid.digest("OpenAccount", str(bad), *opening, 1_000, *consent[:2])
    with reverts("Custody_InvalidSignature", bad, digest):
        prepaid.contract.openSigned(bad, opening, 1_000, consent, send)
    assert (prepaid.balance(bad), prepaid.held()) == (10_000, 0)


def test_a_starved_wallet_check_is_no_refusal(prepaid: Prepaid, wallet: Any) -> None:
    """With too little gas for the wallet's answer the transaction fails as a whole, by its own name."""
    opening = prepaid.opening(owner=wallet)
    consent = prepaid.consent("OpenAccount", str(wallet), *opening, 1_000, signer=prepaid.giver)
    args = (wallet, opening, 1_000, consent)
    starved = raw_call(prepaid.contract.openSigned, *args, sender=prepaid.relayer, gas=300_000)
    assert (starved.succeeded, starved.data[:4]) == (False, selector("Signatures_GasFloor"))
    prepaid.contract.openSigned(*args, {"from": prepaid.relayer})


def test_an_account_with_borrowed_code_approves_and_opens_in_one_transaction(
    prepaid: Prepaid, delegate_code: Any
) -> None:
    """And asks for its money in a later one, as the owner that it is."""
    person = prepaid.recipient
    prepaid.token.mint(person, 1_000, {"from": prepaid.deployer})
    delegate_7702(person, delegate_code, prepaid.relayer)
    key, contract = prepaid.key(owner=person), prepaid.contract
    itself = Contract.from_abi("Delegate7702", person.address, delegate_code.abi)
    calls = [
        (prepaid.token.address, 0, prepaid.token.approve.encode_input(contract, 1_000)),
        (contract.address, 0, contract.open.encode_input(prepaid.opening(owner=person), 1_000)),
        (contract.address, 0, contract.requestWithdrawal.encode_input(key, ITSELF)),
    ]
    itself.execute(calls, {"from": person})
    later(DAY)
    prepaid.settle(prepaid.voucher(key, 400))
    prepaid.withdraw(key, person)
    assert (prepaid.balance(person), prepaid.balance(prepaid.merchant), prepaid.held()) == (600, 400, 0)


# signing


def test_a_wallet_signs_vouchers_one_at_a_time(prepaid: Prepaid, wallet: Any) -> None:
    """In a batch it is skipped, since a batch asks nobody; alone, its owner's key signs for it."""
    key = prepaid.open(1_000, signer=wallet)
    voucher = prepaid.voucher(key, 400, private_key=prepaid.world.key(prepaid.giver))
    assert settled(prepaid.settle(voucher)).skipped == [0]
    prepaid.settle_one(key, 400, voucher.signature)
    assert prepaid.balance(prepaid.merchant) == 400
    with reverts("Accounts_StaleVoucher", 400, 400):
        prepaid.settle_one(key, 400, voucher.signature)


def test_a_session_key_that_borrows_code_signs_as_before(prepaid: Prepaid, delegate_code: Any) -> None:
    """Its key signs: in a batch, whose rows look at no code, and alone, where ECDSA comes first."""
    key = prepaid.open(1_000, signer=prepaid.stranger)
    delegate_7702(prepaid.stranger, delegate_code, prepaid.relayer)
    private_key = prepaid.world.key(prepaid.stranger)
    assert settled(prepaid.settle(prepaid.voucher(key, 100, private_key=private_key))).payout == 100
    prepaid.settle_one(key, 250, prepaid.voucher(key, 250, private_key=private_key).signature)
    assert prepaid.balance(prepaid.merchant) == 250


# being paid


def test_a_wallet_is_a_counterparty(prepaid: Prepaid, wallet: Any) -> None:
    """It settles itself, in one batch, what plain accounts promised it; and pays on what it got."""
    keys = [prepaid.open(1_000, salt=salt, counterparty=wallet) for salt in range(3)]
    packed = rows(prepaid.voucher(key, 100 * (place + 1)) for place, key in enumerate(keys))
    tx = call_as(wallet, prepaid.giver, prepaid.contract.settle, wallet.address, packed)
    assert settled(tx).payout == 600
    assert prepaid.balance(wallet) == 10_600
    onward = open_by_call(prepaid, wallet, 10_600)
    prepaid.settle(prepaid.voucher(onward, 10_600))
    assert prepaid.balance(prepaid.merchant) == 10_600


def test_an_account_with_borrowed_code_is_a_counterparty(prepaid: Prepaid, delegate_code: Any) -> None:
    """Its code is not called when it is paid."""
    delegate_7702(prepaid.creator, delegate_code, prepaid.relayer)
    key = prepaid.open(1_000, counterparty=prepaid.creator)
    voucher = prepaid.voucher(key, 700)
    prepaid.settle(voucher, counterparty=prepaid.creator)
    assert prepaid.balance(prepaid.creator) == 700


def test_one_wallet_owns_signs_and_is_paid(prepaid: Prepaid, wallet: Any) -> None:
    """Nothing comes of it but a circle: what it put in comes back, and no unit more."""
    opening = prepaid.opening(owner=wallet, counterparty=wallet, signer=wallet)
    call_as(wallet, prepaid.giver, prepaid.contract.open, opening, 1_000)
    key = prepaid.key(owner=wallet, counterparty=wallet)
    voucher: SignedVoucher = prepaid.voucher(key, 400, private_key=prepaid.world.key(prepaid.giver))
    prepaid.settle_one(key, 400, voucher.signature)
    call_as(wallet, prepaid.giver, prepaid.contract.requestWithdrawal, key, ITSELF)
    later(DAY)
    call_as(wallet, prepaid.giver, prepaid.contract.withdraw, key, ITSELF)
    assert (prepaid.balance(wallet), prepaid.held()) == (10_000, 0)


# cards that come back


def account_of_a_card(prepaid: Prepaid, owner: Any, amount: int) -> tuple[int, Key]:
    """A contract account's card of a named series, redeemed into an account by its owner's own call."""
    world = prepaid.world
    series = world.named_series(services=[prepaid.contract])
    world.issue(series, owner, 50_000)
    payment = world.payment(
        prepaid.contract, payee=prepaid.merchant, data=use("Open", *prepaid.opening(owner=owner)[1:])
    )
    own = world.own_card(series, amount, holder=owner)
    call_as(owner, prepaid.giver, world.certificates.pay, payment, [own])
    return series, prepaid.key(owner=owner)


def test_a_wallets_card_comes_back_to_the_wallet(prepaid: Prepaid, wallet: Any) -> None:
    """Redeemed by its owner's signature, withdrawn by its owner's signature."""
    world = prepaid.world
    series = world.named_series(services=[prepaid.contract])
    world.issue(series, wallet, 50_000)
    data = use("Open", *prepaid.opening(owner=wallet)[1:])
    parties = (prepaid.contract.address, prepaid.merchant.address)
    message = Redemption(str(wallet), series, 1_000, *parties, 0, data, 1, FOREVER)
    signature = message.sign(world.domain, world.key(prepaid.giver))
    card = (str(wallet), series, 1_000, 0, 1, FOREVER, signature)
    prepaid.redeem([card], data, sender=prepaid.relayer)
    key = prepaid.key(owner=wallet)
    prepaid.settle(prepaid.voucher(key, 300))
    for name, send in (
        ("RequestWithdrawal", prepaid.contract.requestWithdrawal),
        ("Withdraw", prepaid.contract.withdraw),
    ):
        nonce = int(prepaid.contract.watermark(wallet)) + 1
        consent = prepaid.consent(name, str(wallet), *key, signer=prepaid.giver, nonce=nonce)
        send(key, consent, {"from": prepaid.relayer})
        later(DAY)
    assert world.certificates.account(series, wallet)[:2] == (49_700, 300)


def test_a_card_comes_back_while_its_holder_calls_back(prepaid: Prepaid, make_account: MakeAccount) -> None:
    """The holder, handed its card, tries to withdraw once more: the door is shut."""
    greedy = make_account("ReentrantReceiver1155", prepaid.giver)
    series, key = account_of_a_card(prepaid, greedy, 1_000)
    call_as(greedy, prepaid.giver, prepaid.contract.requestWithdrawal, key, ITSELF)
    later(DAY)
    again = prepaid.contract.withdraw.encode_input(key, ITSELF)
    greedy.program(prepaid.contract, again, 1, {"from": prepaid.giver})
    call_as(greedy, prepaid.giver, prepaid.contract.withdraw, key, ITSELF)
    assert (greedy.callsMade(), greedy.succeeded()) == (1, False)
    assert bytes(greedy.returned()) == selector("ReentrancyGuardReentrantCall")
    assert prepaid.world.certificates.account(series, greedy)[:2] == (50_000, 0)
    assert prepaid.held() == 0
