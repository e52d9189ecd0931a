"""What a sponsor or a giver can do, it can sign: the same rules for each signed action of the pools.

What all contracts that hold a currency share is tested once, in PrepaidAccounts/test_consents.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from tests.fixtures.accounts import MakeAccount
from tests.support.certificates import DAY
from tests.support.clock import at
from tests.support.consents import Consent
from tests.support.errors import reverts
from tests.support.rewards import TYPES, Rewards

ACTIONS = ("OpenPool", "FundPool", "ChangeAttester", "AnnounceClosing", "CancelClosing")
PAYING = ("OpenPool", "FundPool")


@dataclass(frozen=True)
class Action:
    """An action that passes with a good consent; `call` is what a relayer sends but for the consent."""

    rewards: Rewards
    name: str  # of TYPES
    values: tuple[Any, ...]  # what is signed, but nonce and deadline
    method: Any
    call: tuple[Any, ...]
    signer: Any
    amount: int | None = None  # that it takes of the signer

    def send(self, consent: Consent) -> Any:
        return self.method(*self.call, consent, {"from": self.rewards.relayer})

    def consent(self, **options: Any) -> Consent:
        return self.rewards.consent(self.name, *self.values, signer=self.signer, **options)

    def digest(self, consent: Consent) -> bytes:
        return self.rewards.digest(self.name, *self.values, *consent[:2])


def make(rewards: Rewards, name: str) -> Action:
    """One of the sponsor's actions, or the giver's, on what `prepared` has."""
    contract, sponsor, who = rewards.contract, rewards.sponsor, str(rewards.sponsor)
    pool_id, ending = rewards.pool_id(0), rewards.pool_id(1)
    if name == "OpenPool":
        opening = rewards.opening(9)
        call = (who, opening, 1_000)
        return Action(rewards, name, (who, *opening, 1_000), contract.openSigned, call, sponsor, 1_000)
    if name == "FundPool":
        giver = str(rewards.giver)
        call = (pool_id, giver, 1_000)
        return Action(rewards, name, (giver, pool_id, 1_000), contract.fundSigned, call, rewards.giver, 1_000)
    if name == "ChangeAttester":
        new = str(rewards.agent)
        values = (who, pool_id, new)
        return Action(rewards, name, values, contract.changeAttester, (pool_id, new), sponsor)
    if name == "AnnounceClosing":
        return Action(rewards, name, (who, pool_id), contract.announceClosing, (pool_id,), sponsor)
    assert name == "CancelClosing"
    return Action(rewards, name, (who, ending), contract.cancelClosing, (ending,), sponsor)


@pytest.fixture(scope="module")
def prepared(rewards: Rewards) -> Rewards:
    """Pool 0 is open, of pool 1 the closing was announced."""
    rewards.open()
    rewards.announce_closing(rewards.open(salt=1))
    return rewards


@pytest.fixture(params=ACTIONS)
def action(request: pytest.FixtureRequest, prepared: Rewards) -> Action:
    return make(prepared, request.param)


def test_every_signed_action_is_tried(prepared: Rewards) -> None:
    assert set(TYPES) == {*ACTIONS, "Attestation", "OwedWithdrawal"}


def test_a_consent_reverts_when_it_is_not_the_signers(action: Action) -> None:
    """Somebody else's, another chain's, another contract's, nobody's."""
    rewards = action.rewards
    good = action.consent()
    domain = rewards.domain
    bad = [rewards.consent(action.name, *action.values, signer=rewards.stranger)[3], bytes(65)]
    bad += [
        action.consent(domain=other)[3]
        for other in (
            replace(domain, chain_id=domain.chain_id + 1),
            replace(domain, verifying_contract=str(rewards.world.certificates)),
        )
    ]
    for signature in bad:
        with reverts("Custody_InvalidSignature", action.signer, action.digest(good)):
            action.send((*good[:3], signature))
    action.send(good)


def test_a_consent_reverts_when_a_detail_is_another(action: Action) -> None:
    """Each value that is signed is signed for a reason."""
    rewards, good = action.rewards, action.consent()
    for place, value in enumerate(action.values):
        other: Any = str(rewards.stranger)
        if isinstance(value, int):
            other = value + 1
        elif isinstance(value, bytes):
            other = rewards.pool_id(5)
        values = (*action.values[:place], other, *action.values[place + 1 :])
        with reverts("Custody_InvalidSignature", action.signer, action.digest(good)):
            action.send(rewards.consent(action.name, *values, signer=action.signer))


def test_a_consent_is_for_one_function_only(prepared: Rewards) -> None:
    """Those that sign the same members differ in their name alone."""
    for name, other in (("AnnounceClosing", "CancelClosing"), ("CancelClosing", "AnnounceClosing")):
        action = make(prepared, name)
        consent = prepared.consent(other, *action.values)
        with reverts("Custody_InvalidSignature", action.signer, action.digest(consent)):
            action.send(consent)


def test_a_consent_acts_once_and_until_its_deadline(action: Action) -> None:
    deadline = action.rewards.now() + 60
    at(deadline)
    with reverts("Custody_DeadlinePassed", deadline, deadline):
        action.send(action.consent(deadline=deadline))
    action.send(action.consent(nonce=5))
    with reverts("Custody_NonceTooLow", 5, 5):
        action.send(action.consent(nonce=5))


def test_a_signature_of_the_currency_moves_money_or_is_refused(action: Action) -> None:
    if action.amount is None:
        with reverts("Custody_NothingMoves"):
            action.send(action.consent(moves=1))
        return
    rewards, signer = action.rewards, action.signer
    rewards.token.approve(rewards.contract, 0, {"from": signer})
    before = rewards.balance(signer)
    consent = action.consent(moves=action.amount)
    action.send(consent)
    assert before - rewards.balance(signer) == action.amount
    with reverts("ERC3009UsedAuthorization", signer, action.digest(consent)):
        action.send(consent)


def test_a_consent_does_what_the_own_call_does(prepared: Rewards) -> None:
    rewards = prepared
    for name in ACTIONS:
        action = make(rewards, name)
        nonce = int(rewards.contract.watermark(action.signer)) + 1
        # money given to a pool comes before its closing is announced
        action.send(action.consent(nonce=nonce))
    opened, first = rewards.state(rewards.pool_id(9)), rewards.state(rewards.pool_id(0))
    assert (opened.sponsor, opened.funded, opened.notice_seconds) == (rewards.sponsor, 1_000, 2 * DAY)
    assert (first.funded, first.new_attester) == (11_000, rewards.agent)
    assert first.closes_at == first.new_attester_at == rewards.now() + 2 * DAY
    assert rewards.state(rewards.pool_id(1)).closes_at == 0


def test_a_pool_of_a_contract_wallet(rewards: Rewards, make_account: MakeAccount) -> None:
    """Its owner's key signs for it (ERC-1271)."""
    wallet = make_account("Wallet1271", rewards.agent)
    rewards.token.mint(wallet, 1_000, {"from": rewards.deployer})
    approve = rewards.token.approve.encode_input(rewards.contract, 1_000)
    wallet.execute(rewards.token, 0, approve, {"from": rewards.agent})
    opening = rewards.opening()
    consent = rewards.consent("OpenPool", str(wallet), *opening, 1_000, signer=rewards.agent)
    rewards.contract.openSigned(wallet, opening, 1_000, consent, {"from": rewards.relayer})
    pool_id = rewards.pool_id(sponsor=wallet)
    consent = rewards.consent("AnnounceClosing", str(wallet), pool_id, signer=rewards.agent, nonce=2)
    rewards.contract.announceClosing(pool_id, consent, {"from": rewards.relayer})
    at(rewards.now() + 2 * DAY)
    rewards.close(pool_id)
    assert rewards.balance(wallet) == 1_000
