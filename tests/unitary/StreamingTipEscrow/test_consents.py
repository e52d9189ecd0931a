"""What a payer can do, a payer can sign: the same rules for each signed action of the escrow.

A consent is used up by its nonce, or, where the currency's own EIP-3009 signature consents and pays at once
(`moves`), by the currency. It is good for its signer, on its chain, for its escrow, for its function and its
arguments, until its deadline.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from largesse.eip712 import Domain
from tests.fixtures.accounts import MakeAccount
from tests.support.clock import at
from tests.support.consents import Consent
from tests.support.errors import reverts
from tests.support.jars import (
    DAY,
    ITSELF,
    NOON,
    TYPES,
    Jars,
    gift_batch_id,
    handle_tip_id,
)
from tests.support.logs import logs_of

UNIT = 10**9
NONCE_WINDOW = 2**32


@dataclass(frozen=True)
class Action:
    """An action that passes with a good consent; `call` is what a relayer sends but for the consent."""

    jars: Jars
    name: str  # of TYPES
    values: tuple[Any, ...]  # what is signed, but nonce and deadline
    method: Any
    call: tuple[Any, ...]
    signer: Any
    amount: int | None = None  # what it takes of the signer

    def send(self, consent: Consent) -> Any:
        return self.method(*self.call, consent, {"from": self.jars.relayer})

    def consent(self, **options: Any) -> Consent:
        return self.jars.consent(self.name, *self.values, signer=self.signer, **options)

    def digest(self, consent: Consent) -> bytes:
        return self.jars.digest(self.name, *self.values, *consent[:2])

    def watermark(self) -> int:
        return int(self.jars.escrow.watermark(self.signer))


def make(jars: Jars, name: str) -> Action:
    """One of the supporter's actions; its stream 0 runs and its stream 1 is paused."""
    escrow, payer, who = jars.escrow, jars.supporter, str(jars.supporter)
    key, paused, rate = jars.key(), jars.key(1), int(jars.escrow.tierOf(jars.creator, 1)[0])
    if name == "OpenStream":
        new = jars.key(9)
        return Action(jars, name, (*new, UNIT, 1_000), escrow.open, (new, UNIT, 1_000), payer, 1_000)
    if name == "TopUpStream":
        donor = jars.giver
        return Action(
            jars, name, (str(donor), *key, 1_000), escrow.topUp, (key, str(donor), 1_000), donor, 1_000
        )
    if name == "CancelStream":
        return Action(jars, name, key, escrow.cancel, (key,), payer)
    if name == "ChangeStreamRate":
        return Action(jars, name, (*key, 2 * UNIT), escrow.changeRate, (key, 2 * UNIT), payer)
    if name == "PauseStream":
        return Action(jars, name, key, escrow.pause, (key,), payer)
    if name == "ResumeStream":
        return Action(jars, name, paused, escrow.resume, (paused,), payer)
    if name == "Tip":
        values = (who, jars.jar, 1_000, "thank you 🎵")
        return Action(jars, name, values, escrow.tip, values, payer, 1_000)
    if name == "Subscribe":
        subscription = jars.subscription(rate, 1_000)
        return Action(jars, name, subscription, escrow.subscribe, (subscription,), payer, 1_000)
    if name == "Unsubscribe":
        account, creator = str(jars.recipient), str(jars.creator)
        call = (creator, 1, account)
        return Action(jars, name, (who, account, creator, 1), escrow.unsubscribe, call, payer)
    if name == "GiveSubscriptions":
        gifts = jars.gifts(rate, bytes(32), payer=payer)
        values = (who, gift_batch_id(gifts))
        return Action(jars, name, values, escrow.giveSubscriptions, (gifts,), payer, 10_000)
    if name == "TipHandle":
        tip = jars.handle_tip(1_000)
        values = (who, handle_tip_id(tip), "for you")
        return Action(jars, name, values, escrow.tipHandle, (tip, "for you"), payer, 1_000)
    if name == "SetMonthlyCap":
        return Action(jars, name, (who, 5_000), escrow.setMonthlyCap, (who, 5_000), payer)
    assert name == "OwedWithdrawal"
    payee, to = str(jars.agent), str(jars.merchant)
    return Action(jars, name, (payee, to), escrow.withdrawOwed, (payee, to), jars.agent)


CLAIMS = ("GiftSubscriptionClaim", "HandleClaim")
"""Signed by a link's key and by an attestor: no consents (test_gift_subscriptions, test_handle_tips)."""
ACTIONS = tuple(name for name in TYPES if name not in CLAIMS)
EXISTING = {"GiveSubscriptions": "Jar_BatchExists", "TipHandle": "Jar_TipExists"}
"""These look first whether they were done already."""
PAYING = ("OpenStream", "TopUpStream", "Tip", "Subscribe", "GiveSubscriptions", "TipHandle")


@pytest.fixture(scope="module")
def prepared(jars: Jars) -> Jars:
    """The supporter's streams 0 and 1, a membership that it pays for, and 100 owed to the agent."""
    rate = jars.set_tier()
    shared = jars.shared_jar([jars.agent], [10_000])
    at(NOON)
    for index in (0, 1):
        jars.open(UNIT, 10 * DAY, index)
    jars.escrow.pause(jars.key(1), ITSELF, {"from": jars.supporter})
    subscription = jars.subscription(rate, 10 * DAY, account=jars.recipient)
    jars.escrow.subscribe(subscription, ITSELF, {"from": jars.supporter})
    jars.tip(100, shared)
    jars.collect(shared)
    return jars


@pytest.fixture(params=ACTIONS)
def action(request: pytest.FixtureRequest, prepared: Jars) -> Action:
    return make(prepared, request.param)


@pytest.fixture(params=PAYING)
def paying(request: pytest.FixtureRequest, prepared: Jars) -> Action:
    action = make(prepared, request.param)
    assert action.amount is not None
    return action


def other_domains(jars: Jars) -> list[Domain]:
    domain = jars.domain
    return [
        replace(domain, chain_id=domain.chain_id + 1),
        replace(domain, verifying_contract=str(jars.back_office)),
        replace(domain, verifying_contract=str(jars.world.certificates)),
        replace(domain, name="Largesse GiftCertificates"),
        replace(domain, version="2"),
    ]


def test_every_action_that_moves_money_is_among_the_paying(prepared: Jars) -> None:
    assert {name for name in ACTIONS if make(prepared, name).amount is not None} == set(PAYING)


# by a nonce


def test_a_consent_reverts_when_it_is_not_the_signers(action: Action) -> None:
    """Nobody's, somebody else's, another chain's, another contract's; cut short."""
    jars = action.jars
    with reverts("Custody_NotItself", action.signer, jars.relayer):
        action.send(ITSELF)
    good = action.consent()
    wrong = ("Custody_InvalidSignature", action.signer, action.digest(good))
    bad = [jars.consent(action.name, *action.values, signer=jars.stranger)[3], good[3][:63], bytes(65)]
    bad += [action.consent(domain=domain)[3] for domain in other_domains(jars)]
    for signature in bad:
        with reverts(*wrong):
            action.send((*good[:3], signature))
    assert action.watermark() == 0
    action.send(good)


def test_a_consent_reverts_when_a_detail_is_another(action: Action) -> None:
    """Each value that is signed is signed for a reason: with another one it is another digest."""
    jars = action.jars
    good = action.consent()
    for place, value in enumerate(action.values):
        if isinstance(value, str) and value.startswith("0x"):
            other: Any = str(jars.stranger)
        elif isinstance(value, bytes):
            other = bytes(32)
        else:
            other = value + ("!" if isinstance(value, str) else 1)
        values = (*action.values[:place], other, *action.values[place + 1 :])
        signed = jars.consent(action.name, *values, signer=action.signer)
        with reverts("Custody_InvalidSignature", action.signer, action.digest(good)):
            action.send(signed)
    for consent in ((good[0] + 1, *good[1:]), (good[0], good[1] + 1, *good[2:])):
        with reverts("Custody_InvalidSignature", action.signer, action.digest(consent)):
            action.send(consent)


def test_a_consent_reverts_with_a_nonce_that_is_used_or_far_away(action: Action) -> None:
    action.jars.escrow.cancelConsents(7, {"from": action.signer})
    for nonce in (0, 6, 7):
        with reverts("Custody_NonceTooLow", nonce, 7):
            action.send(action.consent(nonce=nonce))
    for nonce in (7 + NONCE_WINDOW + 1, 2**64 - 1):
        with reverts("Custody_NonceTooHigh", nonce, 7 + NONCE_WINDOW):
            action.send(action.consent(nonce=nonce))
    tx = action.send(action.consent(nonce=7 + NONCE_WINDOW))
    assert ("ConsentUsed", action.signer, 7 + NONCE_WINDOW) in logs_of(tx, action.jars.escrow)
    assert action.watermark() == 7 + NONCE_WINDOW


def test_a_consent_acts_once_and_until_its_deadline(action: Action) -> None:
    deadline = NOON + 60
    consent = action.consent(nonce=5, deadline=deadline)
    for late in (0, 1):
        at(deadline + late)
        with reverts("Custody_DeadlinePassed", deadline, deadline + late):
            action.send(consent)
    action_again = action.consent(nonce=5, deadline=deadline + 100)
    at(deadline + 99)
    action.send(action_again)
    assert action.watermark() == 5
    again: tuple[Any, ...] = ("Custody_NonceTooLow", 5, 5)
    if action.name == "Unsubscribe":  # who pays, and so who signs, is known of a member only
        again = ("Jar_NotMember", action.jars.recipient, 1)
    elif action.name in EXISTING:
        again = (EXISTING[action.name], action.values[1])
    with reverts(*again):
        action.send(action_again)


def test_a_consent_in_the_short_form(action: Action) -> None:
    """64 bytes, EIP-2098."""
    nonce, deadline, moves, signature = action.consent()
    r, s, v = signature[:32], int.from_bytes(signature[32:64], "big"), signature[64]
    compact = r + (s | (v - 27) << 255).to_bytes(32, "big")
    action.send((nonce, deadline, moves, compact))
    assert action.watermark() == 1


def test_a_consent_by_a_contract_wallet(prepared: Jars, make_account: MakeAccount) -> None:
    """Its owner's key signs for it (ERC-1271)."""
    wallet = make_account("Wallet1271", prepared.holder)
    prepared.token.mint(wallet, 1_000, {"from": prepared.deployer})
    approve = prepared.token.approve.encode_input(prepared.escrow, 1_000)
    wallet.execute(prepared.token, 0, approve, {"from": prepared.holder})
    values = (str(wallet), prepared.jar, 1_000, "")
    consent = prepared.consent("Tip", *values, signer=prepared.holder)
    prepared.escrow.tip(*values, consent, {"from": prepared.relayer})
    assert prepared.balance(wallet) == 0
    assert prepared.escrow.watermark(wallet) == 1


def test_the_own_call_needs_no_nonce(action: Action) -> None:
    """With an empty signature the rest of the consent says nothing."""
    action.method(*action.call, (0, 0, True, b""), {"from": action.signer})
    assert action.watermark() == 0


# by the currency


def test_a_signature_of_the_currency_is_refused_where_nothing_moves(action: Action) -> None:
    if action.amount is None:
        with reverts("Custody_NothingMoves"):
            action.send(action.consent(moves=1))
    else:
        action.send(action.consent(moves=action.amount))


def test_a_moving_consent_pays_once_without_any_approval(paying: Action) -> None:
    jars, signer = paying.jars, paying.signer
    assert paying.amount is not None
    jars.token.approve(jars.escrow, 0, {"from": signer})
    # its nonce only tells actions apart: below the watermark and far above
    jars.escrow.cancelConsents(7, {"from": signer})
    consent = paying.consent(moves=paying.amount, nonce=3)
    before = jars.balance(signer)
    at(consent[1] - 1)
    paying.send(consent)
    assert before - jars.balance(signer) == paying.amount
    assert paying.watermark() == 7
    used = paying.digest(consent)
    assert jars.token.authorizationState(signer, used)
    at(consent[1] - 1)
    if paying.name in EXISTING:
        with reverts(EXISTING[paying.name], paying.values[1]):
            paying.send(consent)
    else:
        with reverts("ERC3009UsedAuthorization", signer, used):
            paying.send(consent)


def test_a_moving_consent_reverts_with_anything_else_signed(paying: Action) -> None:
    """The currency recovers somebody else from it, or says that it is late."""
    jars = paying.jars
    assert paying.amount is not None
    good = paying.consent(moves=paying.amount)
    bad = [
        paying.consent(moves=paying.amount + 1),
        paying.consent(moves=paying.amount, nonce=2),
        jars.consent(paying.name, *paying.values, signer=jars.stranger, moves=paying.amount),
        paying.consent(),  # over the action, not over the currency's message
        *(paying.consent(moves=paying.amount, domain=domain) for domain in other_domains(jars)),
    ]
    before = jars.held()
    for consent in bad:
        with reverts("ERC3009InvalidSignature"):
            paying.send((*good[:2], True, consent[3]))
    assert jars.held() == before
    at(good[1])
    with reverts("ERC3009InvalidAuthorizationTime", 0, good[1]):
        paying.send(good)


def test_a_moving_consent_by_a_contract_wallet(prepared: Jars, make_account: MakeAccount) -> None:
    """Through the currency's form for wallets, since the signature is not of 65 bytes."""
    wallet = make_account("Wallet1271Bad", prepared.holder, mode="AcceptsAll")
    prepared.token.mint(wallet, 1_000, {"from": prepared.deployer})
    values = (str(wallet), prepared.jar, 1_000, "")
    consent = (1, prepared.now() + DAY, True, b"a passkey's, of any length")
    prepared.escrow.tip(*values, consent, {"from": prepared.relayer})
    assert prepared.balance(wallet) == 0
    with reverts("ERC3009UsedAuthorization", wallet, prepared.digest("Tip", *values, *consent[:2])):
        prepared.escrow.tip(*values, consent, {"from": prepared.relayer})


def test_two_moving_consents_to_the_same_action_are_told_apart_by_their_nonces(prepared: Jars) -> None:
    values = (str(prepared.supporter), prepared.jar, 1_000, "again")
    before = prepared.held()
    for nonce in (2, 1):
        consent = prepared.consent("Tip", *values, nonce=nonce, moves=1_000)
        prepared.escrow.tip(*values, consent, {"from": prepared.relayer})
    assert prepared.held() - before == 2_000
