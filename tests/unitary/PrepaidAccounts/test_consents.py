"""What a payer or an owner can do, it can sign: the same rules for each signed action of the accounts.

A consent is used up by its nonce, or, where the currency's own EIP-3009 signature consents and pays at once
(`moves`), by the currency. It is good for its signer, on its chain, for its contract, for its function and
its arguments, until its deadline.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from largesse.eip712 import Domain
from tests.fixtures.accounts import MakeAccount
from tests.support.certificates import DAY, ZERO
from tests.support.clock import at, mine_at
from tests.support.consents import Consent
from tests.support.errors import reverts
from tests.support.logs import logs_of
from tests.support.prepaid import ITSELF, TYPES, Prepaid

NONCE_WINDOW = 2**32
VOUCHERS = ("Voucher", "LockedVoucher")
"""No consents: test_settle."""
ACTIONS = tuple(name for name in TYPES if name not in VOUCHERS)
PAYING = ("OpenAccount", "TopUpAccount")
"""These have functions of their own for a signature; the others take an empty one as the owner's call."""


@dataclass(frozen=True)
class Action:
    """An action that passes with a good consent; `call` is what a relayer sends but for the consent."""

    prepaid: Prepaid
    name: str  # of TYPES
    values: tuple[Any, ...]  # what is signed, but nonce and deadline
    method: Any
    call: tuple[Any, ...]
    signer: Any
    amount: int | None = None  # base units that it takes of the signer

    def send(self, consent: Consent) -> Any:
        return self.method(*self.call, consent, {"from": self.prepaid.relayer})

    def consent(self, **options: Any) -> Consent:
        return self.prepaid.consent(self.name, *self.values, signer=self.signer, **options)

    def digest(self, consent: Consent) -> bytes:
        return self.prepaid.digest(self.name, *self.values, *consent[:2])

    def watermark(self) -> int:
        return int(self.prepaid.contract.watermark(self.signer))


def make(prepaid: Prepaid, name: str) -> Action:
    """One of the agent's actions, on what the fixture of that name prepared."""
    contract, owner, who = prepaid.contract, prepaid.agent, str(prepaid.agent)
    key, other, salt = prepaid.key(0), prepaid.key(1), 9
    if name == "OpenAccount":
        opening = prepaid.opening(salt, expires_at=prepaid.now() + 900 * DAY)
        values = (who, *opening, 1_000)
        return Action(prepaid, name, values, contract.openSigned, (who, opening, 1_000), owner, 1_000)
    if name == "TopUpAccount":
        donor = prepaid.giver
        values = (str(donor), *key, 1_000)
        return Action(prepaid, name, values, contract.topUpSigned, (key, str(donor), 1_000), donor, 1_000)
    if name == "RequestWithdrawal":
        return Action(prepaid, name, (who, *key), contract.requestWithdrawal, (key,), owner)
    if name == "CancelWithdrawal":
        return Action(prepaid, name, (who, *key), contract.cancelWithdrawal, (key,), owner)
    if name == "Withdraw":
        return Action(prepaid, name, (who, *key), contract.withdraw, (key,), owner)
    if name == "RequestSigner":
        signer = str(prepaid.supporter)
        return Action(prepaid, name, (who, *key, signer), contract.requestSigner, (key, signer), owner)
    if name == "ChangeSigner":
        return Action(prepaid, name, (who, *other), contract.changeSigner, (other,), owner)
    assert name == "OwedWithdrawal"
    to = str(prepaid.recipient)
    return Action(prepaid, name, (who, to), contract.withdrawOwed, (who, to), owner)


@pytest.fixture(scope="module")
def prepared(prepaid: Prepaid) -> Prepaid:
    """The agent's account 0 has expired and has a withdrawal pending; for its account 1 a signer is due."""
    expires_at = prepaid.now() + DAY
    keys = [prepaid.open(100, salt=0, expires_at=expires_at), prepaid.open(100, salt=1)]
    prepaid.request_withdrawal(keys[0])
    prepaid.request_signer(keys[1], prepaid.supporter)
    mine_at(expires_at)
    return prepaid


@pytest.fixture(scope="module")
def owing(make_prepaid: Any, make_token: Any) -> Prepaid:
    """60 are owed to the agent, a seller that the currency refused for a while."""
    prepaid: Prepaid = make_prepaid(make_token("BlacklistToken"))
    key = prepaid.open(100, owner=prepaid.holder, counterparty=prepaid.agent)
    prepaid.token.blacklist(prepaid.agent, {"from": prepaid.deployer})
    prepaid.settle(prepaid.voucher(key, 60), counterparty=prepaid.agent)
    prepaid.token.unBlacklist(prepaid.agent, {"from": prepaid.deployer})
    assert prepaid.contract.owed(prepaid.agent) == 60
    return prepaid


@pytest.fixture(params=ACTIONS)
def action(request: pytest.FixtureRequest, prepared: Prepaid, owing: Prepaid) -> Action:
    return make(owing if request.param == "OwedWithdrawal" else prepared, request.param)


@pytest.fixture(params=PAYING)
def paying(request: pytest.FixtureRequest, prepared: Prepaid) -> Action:
    return make(prepared, request.param)


def other_domains(prepaid: Prepaid) -> list[Domain]:
    domain = prepaid.domain
    return [
        replace(domain, chain_id=domain.chain_id + 1),
        replace(domain, verifying_contract=str(prepaid.world.certificates)),
        replace(domain, name="Largesse GiftCertificates"),
        replace(domain, version="2"),
    ]


def test_every_action_that_moves_money_is_among_the_paying(prepared: Prepaid) -> None:
    assert {name for name in ACTIONS if make(prepared, name).amount is not None} == set(PAYING)


# by a nonce


def test_a_consent_reverts_when_it_is_not_the_signers(action: Action) -> None:
    """Nobody's, somebody else's, another chain's, another contract's; cut short."""
    prepaid = action.prepaid
    good = action.consent()
    wrong = ("Custody_InvalidSignature", action.signer, action.digest(good))
    bad = [prepaid.consent(action.name, *action.values, signer=prepaid.stranger)[3], good[3][:63], bytes(65)]
    bad += [action.consent(domain=domain)[3] for domain in other_domains(prepaid)]
    if action.name in PAYING:
        bad.append(b"")
    else:
        with reverts("Custody_NotItself", action.signer, prepaid.relayer):
            action.send(ITSELF)
    for signature in bad:
        with reverts(*wrong):
            action.send((*good[:3], signature))
    assert action.watermark() == 0
    action.send(good)


def test_a_consent_reverts_when_a_detail_is_another(action: Action) -> None:
    """Each value that is signed is signed for a reason: with another one it is another digest."""
    prepaid = action.prepaid
    good = action.consent()
    for place, value in enumerate(action.values):
        other = value + 1 if isinstance(value, int) else str(prepaid.stranger)
        if isinstance(value, int) and value in (2**24 - 1, 2**64 - 1):
            other = value - 1
        values = (*action.values[:place], other, *action.values[place + 1 :])
        signed = prepaid.consent(action.name, *values, signer=action.signer)
        with reverts("Custody_InvalidSignature", action.signer, action.digest(good)):
            action.send(signed)
    for consent in ((good[0] + 1, *good[1:]), (good[0], good[1] + 1, *good[2:])):
        with reverts("Custody_InvalidSignature", action.signer, action.digest(consent)):
            action.send(consent)


def test_a_consent_is_for_one_function_only(prepared: Prepaid) -> None:
    """Those that sign the same members differ in their name alone."""
    same = ["RequestWithdrawal", "CancelWithdrawal", "Withdraw"]
    for name in same:
        action = make(prepared, name)
        for other in same:
            if other == name:
                continue
            consent = prepared.consent(other, *action.values, signer=action.signer)
            with reverts("Custody_InvalidSignature", action.signer, action.digest(consent)):
                action.send(consent)


def test_a_consent_reverts_with_a_nonce_that_is_used_or_far_away(action: Action) -> None:
    contract = action.prepaid.contract
    contract.cancelConsents(7, {"from": action.signer})
    for nonce in (0, 6, 7):
        with reverts("Custody_NonceTooLow", nonce, 7):
            action.send(action.consent(nonce=nonce))
    for nonce in (7 + NONCE_WINDOW + 1, 2**64 - 1):
        with reverts("Custody_NonceTooHigh", nonce, 7 + NONCE_WINDOW):
            action.send(action.consent(nonce=nonce))
    tx = action.send(action.consent(nonce=7 + NONCE_WINDOW))
    assert ("ConsentUsed", action.signer, 7 + NONCE_WINDOW) in logs_of(tx, contract)
    assert action.watermark() == 7 + NONCE_WINDOW


def test_a_consent_acts_once_and_until_its_deadline(action: Action) -> None:
    deadline = action.prepaid.now() + 60
    consent = action.consent(nonce=5, deadline=deadline)
    for late in (0, 1):
        at(deadline + late)
        with reverts("Custody_DeadlinePassed", deadline, deadline + late):
            action.send(consent)
    longer = action.consent(nonce=5, deadline=deadline + 100)
    at(deadline + 99)
    action.send(longer)
    assert action.watermark() == 5
    with reverts("Custody_NonceTooLow", 5, 5):
        action.send(longer)


def test_a_consent_in_the_short_form(action: Action) -> None:
    """64 bytes, EIP-2098."""
    nonce, deadline, moves, signature = action.consent()
    r, s, v = signature[:32], int.from_bytes(signature[32:64], "big"), signature[64]
    compact = r + (s | (v - 27) << 255).to_bytes(32, "big")
    action.send((nonce, deadline, moves, compact))
    assert action.watermark() == 1


def test_a_consent_does_what_the_owners_own_call_does(prepared: Prepaid) -> None:
    """Open, top up, withdraw: the payer's money, the owner's account, nothing of the relayer's."""
    prepaid = prepared
    purses = [prepaid.balance(who) for who in (prepaid.agent, prepaid.giver, prepaid.relayer)]
    opened = make(prepaid, "OpenAccount")
    opened.send(opened.consent())
    key = prepaid.key(9)
    assert prepaid.state(key)[:6] == (
        str(prepaid.agent),
        prepaid.signer(key),
        1_000,
        0,
        DAY,
        opened.values[5],
    )
    for name in ("TopUpAccount", "Withdraw", "RequestSigner"):
        action = make(prepaid, name)
        action.send(action.consent(nonce=action.watermark() + 1))
    state = prepaid.state(prepaid.key(0))
    assert (state.deposit, state.paid, state.withdrawable_at) == (0, 0, 0)
    assert (state.new_signer, state.new_signer_at) == (str(prepaid.supporter), prepaid.now() + DAY)
    change = make(prepaid, "ChangeSigner")
    change.send(change.consent(nonce=change.watermark() + 1))
    assert prepaid.state(prepaid.key(1)).signer == str(prepaid.supporter)
    after = [prepaid.balance(who) for who in (prepaid.agent, prepaid.giver, prepaid.relayer)]
    assert [new - old for old, new in zip(purses, after, strict=True)] == [1_100 - 1_000, -1_000, 0]


def test_a_request_for_a_signer_is_taken_back_by_signature(prepared: Prepaid) -> None:
    key = prepared.key(1)
    consent = prepared.consent("RequestSigner", str(prepared.agent), *key, ZERO)
    prepared.contract.requestSigner(key, ZERO, consent, {"from": prepared.relayer})
    assert prepared.state(key)[-2:] == (ZERO, 0)


def test_the_signers_word_is_no_consent(prepaid: Prepaid) -> None:
    """A session key spends vouchers and nothing else."""
    key = prepaid.open(salt=5, signer=prepaid.supporter)
    consent = prepaid.consent("RequestWithdrawal", str(prepaid.agent), *key, signer=prepaid.supporter)
    digest = prepaid.digest("RequestWithdrawal", str(prepaid.agent), *key, *consent[:2])
    with reverts("Custody_InvalidSignature", prepaid.agent, digest):
        prepaid.contract.requestWithdrawal(key, consent, {"from": prepaid.relayer})


def test_a_consent_by_a_contract_wallet(prepaid: Prepaid, make_account: MakeAccount) -> None:
    """Its owner's key signs for it (ERC-1271): it opens, asks and is paid."""
    wallet = make_account("Wallet1271", prepaid.holder)
    prepaid.token.mint(wallet, 1_000, {"from": prepaid.deployer})
    approve = prepaid.token.approve.encode_input(prepaid.contract, 1_000)
    wallet.execute(prepaid.token, 0, approve, {"from": prepaid.holder})
    expires_at = prepaid.now() + DAY
    opening = prepaid.opening(owner=wallet, expires_at=expires_at)
    consent = prepaid.consent("OpenAccount", str(wallet), *opening, 1_000, signer=prepaid.holder)
    prepaid.contract.openSigned(wallet, opening, 1_000, consent, {"from": prepaid.relayer})
    assert prepaid.balance(wallet) == 0
    key = prepaid.key(owner=wallet)
    mine_at(expires_at)
    consent = prepaid.consent("Withdraw", str(wallet), *key, signer=prepaid.holder, nonce=2)
    prepaid.contract.withdraw(key, consent, {"from": prepaid.relayer})
    assert prepaid.balance(wallet) == 1_000


def test_the_own_call_needs_no_nonce(action: Action) -> None:
    """With an empty signature the rest of the consent says nothing."""
    consent = (0, 0, True, b"")
    if action.name in PAYING:
        # an empty signature is the currency's to refuse: a payer's own call has a function of its own
        with reverts("ERC3009InvalidSignature"):
            action.method(*action.call, consent, {"from": action.signer})
    else:
        action.method(*action.call, consent, {"from": action.signer})
    assert action.watermark() == 0


# by the currency


def test_a_signature_of_the_currency_is_refused_where_nothing_moves(action: Action) -> None:
    if action.amount is None:
        with reverts("Custody_NothingMoves"):
            action.send(action.consent(moves=1))
    else:
        action.send(action.consent(moves=action.amount))


def test_a_moving_consent_pays_once_without_any_approval(paying: Action) -> None:
    prepaid, signer = paying.prepaid, paying.signer
    assert paying.amount is not None
    prepaid.token.approve(prepaid.contract, 0, {"from": signer})
    # its nonce only tells actions apart: below the watermark and far above
    prepaid.contract.cancelConsents(7, {"from": signer})
    consent = paying.consent(moves=paying.amount, nonce=3)
    before = prepaid.balance(signer)
    at(consent[1] - 1)
    paying.send(consent)
    assert before - prepaid.balance(signer) == paying.amount
    assert paying.watermark() == 7
    used = paying.digest(consent)
    assert prepaid.token.authorizationState(signer, used)
    at(consent[1] - 1)
    with reverts("ERC3009UsedAuthorization", signer, used):
        paying.send(consent)


def test_a_moving_consent_reverts_with_anything_else_signed(paying: Action) -> None:
    """The currency recovers somebody else from it, or says that it is late."""
    prepaid = paying.prepaid
    assert paying.amount is not None
    good = paying.consent(moves=paying.amount)
    bad = [
        paying.consent(moves=paying.amount + 1),
        paying.consent(moves=paying.amount, nonce=2),
        prepaid.consent(paying.name, *paying.values, signer=prepaid.stranger, moves=paying.amount),
        paying.consent(),  # over the action, not over the currency's message
        *(paying.consent(moves=paying.amount, domain=domain) for domain in other_domains(prepaid)),
    ]
    before = prepaid.held()
    for consent in bad:
        with reverts("ERC3009InvalidSignature"):
            paying.send((*good[:2], True, consent[3]))
    assert prepaid.held() == before
    at(good[1])
    with reverts("ERC3009InvalidAuthorizationTime", 0, good[1]):
        paying.send(good)


def test_a_moving_consent_opens_nothing_twice(prepared: Prepaid) -> None:
    """Another signature for the same account: the money does not leave."""
    first, second = (make(prepared, "OpenAccount").consent(moves=1_000, nonce=n) for n in (1, 2))
    action = make(prepared, "OpenAccount")
    action.send(first)
    before = prepared.balance(prepared.agent)
    with reverts("Accounts_Exists", *prepared.key(9)):
        action.send(second)
    assert prepared.balance(prepared.agent) == before


def test_two_moving_consents_to_the_same_action_are_told_apart_by_their_nonces(prepared: Prepaid) -> None:
    action = make(prepared, "TopUpAccount")
    before = prepared.held()
    for nonce in (2, 1):
        action.send(action.consent(moves=1_000, nonce=nonce))
    assert prepared.held() - before == 2_000


def test_a_moving_consent_by_a_contract_wallet(prepaid: Prepaid, make_account: MakeAccount) -> None:
    """Through the currency's form for wallets, since the signature is not of 65 bytes."""
    wallet = make_account("Wallet1271Bad", prepaid.holder, mode="AcceptsAll")
    prepaid.token.mint(wallet, 1_000, {"from": prepaid.deployer})
    opening = prepaid.opening(owner=wallet)
    consent = (1, prepaid.now() + DAY, True, b"a passkey's, of any length")
    prepaid.contract.openSigned(wallet, opening, 1_000, consent, {"from": prepaid.relayer})
    assert prepaid.balance(wallet) == 0
    used = prepaid.digest("OpenAccount", str(wallet), *opening, 1_000, *consent[:2])
    with reverts("ERC3009UsedAuthorization", wallet, used):
        prepaid.contract.openSigned(wallet, opening, 1_000, consent, {"from": prepaid.relayer})
