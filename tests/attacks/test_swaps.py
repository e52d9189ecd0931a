"""Thieves at the swaps: claims copied out of the mempool, ids that others take first, tokens and accounts
that come back in the middle."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from largesse.eip712 import keccak
from tests.fixtures.accounts import MakeAccount
from tests.support.certificates import DAY
from tests.support.clock import at
from tests.support.errors import reverts
from tests.support.payments import selector
from tests.support.swaps import CLAIMED, LOCKED, SECRET, Swaps

ITSELF = (0, 0, False, b"")


def test_a_copied_claim_pays_the_recipient(swaps: Swaps) -> None:
    """Whoever sees the preimage first can only send the money where it was going."""
    what = swaps.lock()
    before = swaps.balance(swaps.merchant)
    with reverts("Custody_NotItself", swaps.merchant, swaps.stranger):
        swaps.claim_to(what, swaps.stranger, caller=swaps.stranger)
    swaps.claim(what, caller=swaps.stranger)
    assert swaps.balance(swaps.merchant) == before + 1_000
    swaps.check_books()


def test_nobody_takes_anothers_lock_id(swaps: Swaps) -> None:
    """An id has the sender in it, and only the sender can make it."""
    what = swaps.terms()
    with reverts("Custody_NotItself", swaps.holder, swaps.giver):
        swaps.lock(what, caller=swaps.giver)
    swaps.lock(what._replace(sender=str(swaps.giver)))
    swaps.lock(what)
    assert swaps.status(what) == LOCKED


def test_a_consent_makes_one_lock(swaps: Swaps) -> None:
    """Nor does a second copy of what was signed take the money twice."""
    what = swaps.terms()
    consent = swaps.consent("Lock", *what, signer=swaps.holder)
    swaps.lock(what, consent, caller=swaps.relayer)
    with reverts("Swaps_Exists", what.id):
        swaps.lock(what, consent, caller=swaps.relayer)
    moving = swaps.terms(amount=5)
    paid = swaps.consent("Lock", *moving, signer=swaps.holder, moves=5, nonce=9)
    swaps.lock(moving, paid, caller=swaps.relayer)
    other = moving._replace(to=str(swaps.stranger))
    with pytest.raises(Exception, match=r"(?i)signature|revert"):
        swaps.lock(other, paid, caller=swaps.relayer)
    swaps.check_books()


def test_locks_of_others_are_not_touched_by_a_refund_in_the_middle(swaps: Swaps) -> None:
    """The contract holds many; each pays its own amount once."""
    locks = [swaps.lock(amount=100 + i, secret=keccak(bytes([i]))) for i in range(4)]
    swaps.claim(locks[1], keccak(bytes([1])))
    at(locks[0].expires_at)
    for what in (locks[0], locks[2], locks[3]):
        swaps.refund(what)
    assert swaps.balance(swaps.contract) == 0


@pytest.mark.parametrize("again", ["claim", "claimTo", "refund", "lock", "withdrawOwed"])
def test_a_recipient_that_comes_back_finds_the_door_shut(
    swaps: Swaps, make_account: MakeAccount, again: str
) -> None:
    account = make_account("ReentrantReceiver1155", swaps.stranger)
    mine, other = swaps.lock(series_id=swaps.series, to=account), swaps.lock(to=account, amount=7)
    calls = {
        "claim": swaps.contract.claim.encode_input(other, SECRET),
        "refund": swaps.contract.refund.encode_input(other),
        "claimTo": swaps.contract.claimTo.encode_input(other, SECRET, swaps.stranger, ITSELF),
        "lock": swaps.contract.lock.encode_input(swaps.terms(sender=account), ITSELF),
        "withdrawOwed": swaps.contract.withdrawOwed.encode_input(account, swaps.stranger, ITSELF),
    }
    account.program(swaps.contract, calls[again], 1, {"from": swaps.stranger})
    swaps.claim(mine)
    assert (swaps.status(mine), swaps.status(other)) == (CLAIMED, LOCKED)
    assert refused(account)
    swaps.check_books()


def refused(program: Any) -> bool:
    """It called, and the guard sent it away."""
    assert (program.callsMade(), program.succeeded()) == (1, False)
    return bytes.fromhex(str(program.returned())[2:]) == selector("ReentrancyGuardReentrantCall")


def test_a_currency_that_comes_back_finds_the_door_shut(make_swaps: Any, make_token: Any) -> None:
    token = make_token("ReenteringToken")
    swaps: Swaps = make_swaps(token)
    what, other = swaps.lock(), swaps.lock(amount=5)
    call = swaps.contract.claim.encode_input(other, SECRET)
    token.program(swaps.contract, call, 1, {"from": swaps.deployer})
    swaps.claim(what)
    assert refused(token)
    assert (swaps.status(what), swaps.status(other)) == (CLAIMED, LOCKED)
    swaps.check_books()


def test_what_is_signed_for_another_contract_is_void(swaps: Swaps) -> None:
    what = swaps.terms()
    for domain in (
        replace(swaps.domain, chain_id=swaps.domain.chain_id + 1),
        replace(swaps.domain, verifying_contract=str(swaps.world.certificates)),
        replace(swaps.domain, name="Largesse HeldOrders"),
    ):
        consent = swaps.consent("Lock", *what, signer=swaps.holder, domain=domain)
        digest = swaps.digest("Lock", *what, *consent[:2])
        with reverts("Custody_InvalidSignature", swaps.holder, digest):
            swaps.lock(what, consent, caller=swaps.relayer)


def test_a_lock_to_its_own_sender_harms_nobody(swaps: Swaps) -> None:
    what = swaps.lock(to=swaps.holder, seconds=DAY)
    before = swaps.balance(swaps.holder)
    swaps.claim(what)
    assert swaps.balance(swaps.holder) == before + 1_000
