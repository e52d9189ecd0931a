"""What a buyer or a seller can do, it can sign: the same rules for each signed action of the orders.

A consent is used up by its nonce, or, where the currency's own EIP-3009 signature consents and pays at once
(`moves`), by the currency.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from tests.fixtures.accounts import MakeAccount
from tests.support.clock import at
from tests.support.consents import Consent
from tests.support.errors import reverts
from tests.support.logs import logs_of
from tests.support.orders import ITSELF, PURSE, TYPES, Orders, State

NONCE_WINDOW = 2**32
ACTIONS = ("OpenOrder", "ConfirmOrder", "RefundOrder", "OwedWithdrawal")


@dataclass(frozen=True)
class Action:
    """An action that passes with a good consent; `call` is what a relayer sends but for the consent."""

    orders: Orders
    name: str  # of TYPES
    values: tuple[Any, ...]  # what is signed, but nonce and deadline
    method: Any
    call: tuple[Any, ...]
    signer: Any

    def send(self, consent: Consent) -> Any:
        return self.method(*self.call, consent, {"from": self.orders.relayer})

    def consent(self, **options: Any) -> Consent:
        return self.orders.consent(self.name, *self.values, signer=self.signer, **options)

    def digest(self, consent: Consent) -> bytes:
        return self.orders.digest(self.name, *self.values, *consent[:2])


def make(orders: Orders, name: str) -> Action:
    """One of the actions, on what the fixture of that name prepared."""
    contract, key = orders.contract, orders.key()
    if name == "OpenOrder":
        opening = orders.opening(2)
        values = (str(orders.holder), *opening, 1_000)
        return Action(
            orders, name, values, contract.openSigned, (orders.holder, opening, 1_000), orders.holder
        )
    if name == "ConfirmOrder":
        return Action(orders, name, (*key, 600), contract.confirm, (key, 600), orders.holder)
    if name == "RefundOrder":
        return Action(orders, name, (*key, 600), contract.refund, (key, 600), orders.merchant)
    assert name == "OwedWithdrawal"
    payee, to = str(orders.merchant), str(orders.recipient)
    return Action(orders, name, (payee, to), contract.withdrawOwed, (payee, to), orders.merchant)


@pytest.fixture(scope="module")
def prepared(make_orders: Any, make_token: Any) -> Orders:
    """The holder's order 1 holds 1,000; 60 are owed to the merchant, whom the currency refused for a
    while."""
    orders: Orders = make_orders(make_token("BlacklistToken"))
    orders.open(1_000)
    orders.open(60, 3)
    orders.token.blacklist(orders.merchant, {"from": orders.deployer})
    orders.confirm(orders.key(3), 60)
    orders.token.unBlacklist(orders.merchant, {"from": orders.deployer})
    assert orders.contract.owed(orders.merchant) == 60
    return orders


@pytest.fixture(params=ACTIONS)
def action(request: pytest.FixtureRequest, prepared: Orders) -> Action:
    return make(prepared, request.param)


def test_a_consent_does_what_it_says(action: Action) -> None:
    """Sent by somebody else, who pays the gas and gets nothing."""
    orders = action.orders
    before = orders.balance(orders.relayer)
    tx = action.send(action.consent(nonce=4))
    assert ("ConsentUsed", action.signer, 4) in logs_of(tx, orders.contract)
    assert orders.contract.watermark(action.signer) == 4
    done = {
        "OpenOrder": lambda: orders.state(orders.key(2)).held == 1_000,
        "ConfirmOrder": lambda: orders.balance(orders.merchant) == 600,
        "RefundOrder": lambda: orders.balance(orders.holder) == PURSE - 460,
        "OwedWithdrawal": lambda: orders.balance(orders.recipient) == 60,
    }
    assert done[action.name]()
    assert orders.balance(orders.relayer) == before
    orders.check_books()


def test_a_consent_reverts_when_it_is_not_the_signers(action: Action) -> None:
    """Nobody's, somebody else's, another chain's, another contract's; cut short."""
    orders, good = action.orders, action.consent()
    domain = orders.domain
    others = [
        replace(domain, chain_id=domain.chain_id + 1),
        replace(domain, verifying_contract=str(orders.world.certificates)),
        replace(domain, name="Largesse PrepaidAccounts"),
        replace(domain, version="2"),
    ]
    bad = [orders.consent(action.name, *action.values, signer=orders.stranger)[3], good[3][:63], bytes(65)]
    bad += [action.consent(domain=domain)[3] for domain in others]
    if action.name == "OpenOrder":
        bad.append(b"")
    else:
        with reverts("Custody_NotItself", action.signer, orders.relayer):
            action.send(ITSELF)
    for signature in bad:
        with reverts("Custody_InvalidSignature", action.signer, action.digest(good)):
            action.send((*good[:3], signature))
    action.send(good)


def test_a_consent_reverts_when_a_detail_is_another(action: Action) -> None:
    """Each value that is signed is signed for a reason: with another one it is another digest."""
    orders, good = action.orders, action.consent()
    for place, value in enumerate(action.values):
        other: Any = str(orders.stranger)
        if isinstance(value, bool):
            other = not value
        elif isinstance(value, int):
            other = value + 1
        values = (*action.values[:place], other, *action.values[place + 1 :])
        signed = orders.consent(action.name, *values, signer=action.signer)
        with reverts("Custody_InvalidSignature", action.signer, action.digest(good)):
            action.send(signed)


def test_a_confirmation_is_no_refund(prepared: Orders) -> None:
    """They sign the same members, and differ in their name alone."""
    for name, other in (("ConfirmOrder", "RefundOrder"), ("RefundOrder", "ConfirmOrder")):
        action = make(prepared, name)
        consent = prepared.consent(other, *action.values, signer=action.signer)
        with reverts("Custody_InvalidSignature", action.signer, action.digest(consent)):
            action.send(consent)


def test_a_consent_acts_once_within_its_nonces_and_until_its_deadline(action: Action) -> None:
    contract = action.orders.contract
    contract.cancelConsents(7, {"from": action.signer})
    with reverts("Custody_NonceTooLow", 7, 7):
        action.send(action.consent(nonce=7))
    highest = 7 + NONCE_WINDOW
    with reverts("Custody_NonceTooHigh", highest + 1, highest):
        action.send(action.consent(nonce=highest + 1))
    deadline = action.orders.now() + 60
    consent = action.consent(nonce=8, deadline=deadline)
    for late in (0, 1):
        at(deadline + late)
        with reverts("Custody_DeadlinePassed", deadline, deadline + late):
            action.send(consent)
    consent = action.consent(nonce=9)
    action.send(consent)
    with reverts("Custody_NonceTooLow", 9, 9):
        action.send(consent)


def test_a_confirmation_of_a_part_is_good_for_that_part_once(prepared: Orders) -> None:
    """A seller that keeps it has no second one of it, though the order holds enough."""
    action = make(prepared, "ConfirmOrder")
    action = replace(action, values=(*prepared.key(), 100), call=(prepared.key(), 100))
    consent = action.consent()
    action.send(consent)
    with reverts("Custody_NonceTooLow", 1, 1):
        action.send(consent)
    assert prepared.state(prepared.key()).held == 900


def test_one_signature_consents_and_pays(orders: Orders) -> None:
    """EIP-3009, as USDC has it: the buyer has neither gas nor an allowance."""
    orders.token.approve(orders.contract, 0, {"from": orders.holder})
    opening = orders.opening(9, to_seller=True)
    values = (str(orders.holder), *opening, 1_000)
    consent = orders.consent("OpenOrder", *values, moves=1_000, nonce=0)
    for changed in (
        (*opening[:3], False),
        (*opening[:2], opening[2] + 1, True),
        (orders.stranger, *opening[1:]),
    ):
        with reverts("ERC3009InvalidSignature"):
            orders.contract.openSigned(orders.holder, changed, 1_000, consent, {"from": orders.relayer})
    orders.contract.openSigned(orders.holder, opening, 1_000, consent, {"from": orders.relayer})
    assert orders.state(orders.key(9)) == State(1_000, opening[2], True, 0)
    digest = orders.digest("OpenOrder", *values, *consent[:2])
    with reverts("ERC3009UsedAuthorization", orders.holder, digest):
        orders.contract.openSigned(orders.holder, opening, 1_000, consent, {"from": orders.relayer})


def test_a_consent_that_moves_is_for_opening_only(prepared: Orders) -> None:
    for name in ("ConfirmOrder", "RefundOrder", "OwedWithdrawal"):
        good = make(prepared, name).consent()
        with reverts("Custody_NothingMoves"):
            make(prepared, name).send((*good[:2], True, good[3]))


def test_a_contract_wallet_buys_and_sells(orders: Orders, make_account: MakeAccount) -> None:
    """By ERC-1271: its owner signs."""
    wallet = make_account("Wallet1271", orders.agent)
    orders.token.mint(wallet, 1_000, {"from": orders.deployer})
    approve = orders.token.approve.encode_input(orders.contract, 1_000)
    wallet.execute(orders.token, 0, approve, {"from": orders.agent})
    opening = orders.opening(seller=wallet.address)
    key = orders.key(buyer=wallet.address, seller=wallet.address)
    opens = orders.consent("OpenOrder", wallet.address, *opening, 1_000, signer=orders.agent, nonce=1)
    orders.contract.openSigned(wallet, opening, 1_000, opens, {"from": orders.relayer})
    confirms = orders.consent("ConfirmOrder", *key, 400, signer=orders.agent, nonce=2)
    orders.contract.confirm(key, 400, confirms, {"from": orders.relayer})
    refunds = orders.consent("RefundOrder", *key, 600, signer=orders.agent, nonce=3)
    orders.contract.refund(key, 600, refunds, {"from": orders.relayer})
    assert (orders.balance(wallet), orders.held()) == (1_000, 0)


def test_the_types_are_all_that_can_be_signed() -> None:
    assert set(TYPES) == set(ACTIONS)
