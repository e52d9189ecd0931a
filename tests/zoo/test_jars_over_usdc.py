"""The streaming escrow over the real USDC (FiatTokenV2_2): one signature consents and pays (EIP-3009),
permits go through multicall (ERC-2612), and its blacklist and its pause leave debts, not losses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from brownie import web3

from largesse.usdc import Usdc
from tests.fixtures.accounts import MakeAccount, delegate_7702
from tests.support.certificates import ZERO, World
from tests.support.clock import at, mine_at
from tests.support.consents import Consent
from tests.support.errors import reverts
from tests.support.jars import DAY, ITSELF, NOON, Jars, handle_tip_id
from tests.support.tipping import Gifts, deploy_jars
from tests.support.usdc_payers import FOREVER, UsdcPayer

UNIT = 10**6
RATE = 10**9  # a base unit a second


@pytest.fixture(scope="module")
def jars(usdc: Any, usdc_deployment: Usdc, make_world: Callable[[Any], World]) -> Jars:
    """The supporter has 1,000 USDC, no allowance anywhere, and sends nothing."""
    jars = deploy_jars(make_world(usdc))
    usdc_deployment.mint(jars.supporter.address, 1_000 * UNIT)
    mine_at(NOON)
    return jars


def payer_of(jars: Jars, usdc: Usdc) -> UsdcPayer:
    """The supporter, who signs."""
    return UsdcPayer(usdc, jars.supporter, jars.escrow, jars.digest)


def acts(jars: Jars, usdc: Usdc) -> dict[str, tuple[int, Callable[[], Any]]]:
    """Everything a supporter pays for, each by one signature that a relayer sends; with its amount."""
    escrow, payer, relayer = jars.escrow, jars.supporter, {"from": jars.relayer}
    rate = jars.set_tier(1, 30 * UNIT)
    key = jars.key(4)
    subscription = jars.subscription(rate, 3 * UNIT)
    places = ((ZERO, jars.stranger.address),) * 4
    gifts = Gifts(payer.address, jars.creator.address, 1, 0, rate, UNIT, jars.now() + 7 * DAY, places)
    tip = jars.handle_tip(5 * UNIT, reclaim_at=jars.now() + 7 * DAY)

    def by(amount: int, kind: str, *values: Any) -> Consent:
        return payer_of(jars, usdc).moving(amount, kind, *values)

    opening = ("OpenStream", *key, RATE, 9 * UNIT)
    more = ("TopUpStream", payer, *key, 2 * UNIT)
    said = ("Tip", payer, jars.jar, UNIT, "ciao")
    given = ("GiveSubscriptions", payer, gifts.id)
    handle = ("TipHandle", payer, handle_tip_id(tip), "")
    return {
        "open": (9 * UNIT, lambda: escrow.open(key, RATE, 9 * UNIT, by(9 * UNIT, *opening), relayer)),
        "topUp": (2 * UNIT, lambda: escrow.topUp(key, payer, 2 * UNIT, by(2 * UNIT, *more), relayer)),
        "tip": (UNIT, lambda: escrow.tip(payer, jars.jar, UNIT, "ciao", by(UNIT, *said), relayer)),
        "subscribe": (
            3 * UNIT,
            lambda: escrow.subscribe(subscription, by(3 * UNIT, "Subscribe", *subscription), relayer),
        ),
        "giveSubscriptions": (
            4 * UNIT,
            lambda: escrow.giveSubscriptions(gifts.struct, by(4 * UNIT, *given), relayer),
        ),
        "tipHandle": (
            5 * UNIT,
            lambda: escrow.tipHandle(tip, "", by(5 * UNIT, *handle), relayer),
        ),
    }


def test_every_payment_takes_one_signature_and_no_allowance(jars: Jars, usdc_deployment: Usdc) -> None:
    paid = 0
    for amount, act in acts(jars, usdc_deployment).values():
        act()
        paid += amount
        assert jars.held() == paid
    assert jars.balance(jars.supporter) == 1_000 * UNIT - paid
    assert jars.token.allowance(jars.supporter, jars.escrow) == 0
    assert web3.eth.get_transaction_count(jars.supporter.address) == 0
    # each is used up in the currency
    for name, (_, act) in acts(jars, usdc_deployment).items():
        if name in ("giveSubscriptions", "tipHandle"):  # another batch, another tip: their dates have moved
            continue
        with reverts("Error", "FiatTokenV2: authorization is used or canceled"):
            act()


def test_the_signature_pays_for_nothing_else(jars: Jars, usdc_deployment: Usdc) -> None:
    """Neither another jar nor another amount nor another kind of payment."""
    supporter, relayer = jars.supporter, {"from": jars.relayer}
    consent = payer_of(jars, usdc_deployment).moving(UNIT, "Tip", supporter, jars.jar, UNIT, "ciao")
    for jar, amount, text in (
        (jars.jar_of(jars.relayer), UNIT, "ciao"),
        (jars.jar, 2 * UNIT, "ciao"),
        (jars.jar, UNIT, "addio"),
    ):
        with reverts("Error", "FiatTokenV2: invalid signature"):
            jars.escrow.tip(supporter, jar, amount, text, consent, relayer)
    with reverts("Error", "FiatTokenV2: invalid signature"):
        jars.escrow.open(jars.key(), RATE, UNIT, consent, relayer)
    # nor does anybody but the escrow get it from the currency
    nonce, deadline, _, signature = consent
    digest = jars.digest("Tip", supporter, jars.jar, UNIT, "ciao", nonce, deadline)
    with reverts("Error", "FiatTokenV2: caller must be the payee"):
        jars.token.receiveWithAuthorization(
            supporter, jars.escrow, UNIT, 0, deadline, digest, signature, relayer
        )


def test_a_deadline_is_the_currencys_too(jars: Jars, usdc_deployment: Usdc) -> None:
    values = (jars.supporter, jars.jar, UNIT, "")
    deadline = jars.now() + 100
    first, second = (
        payer_of(jars, usdc_deployment).moving(UNIT, "Tip", *values, nonce=nonce, deadline=deadline)
        for nonce in (1, 2)
    )
    at(deadline - 1)
    jars.escrow.tip(*values, first, {"from": jars.relayer})
    at(deadline)
    with reverts("Error", "FiatTokenV2: authorization is expired"):
        jars.escrow.tip(*values, second, {"from": jars.relayer})


# permits


def permit(jars: Jars, usdc: Usdc, amount: int) -> tuple[Any, ...]:
    return payer_of(jars, usdc).permit(int(jars.token.nonces(jars.supporter)), amount)


def test_a_permit_and_a_stream_in_one_transaction(jars: Jars, usdc_deployment: Usdc) -> None:
    calls = [
        jars.escrow.permit.encode_input(*permit(jars, usdc_deployment, 9 * UNIT)),
        jars.escrow.open.encode_input(jars.key(), RATE, 9 * UNIT, ITSELF),
    ]
    jars.deployed.multicall(calls, {"from": jars.supporter})
    assert jars.held() == 9 * UNIT
    assert jars.token.allowance(jars.supporter, jars.escrow) == 0


def test_a_relayer_sends_the_permit_and_two_consents(jars: Jars, usdc_deployment: Usdc) -> None:
    """The supporter signed three times and sent nothing."""
    key = jars.key()
    opening = jars.consent("OpenStream", *key, RATE, 8 * UNIT, nonce=1, deadline=FOREVER)
    tip = jars.consent("Tip", jars.supporter, jars.jar, UNIT, "e grazie", nonce=2, deadline=FOREVER)
    calls = [
        jars.escrow.permit.encode_input(*permit(jars, usdc_deployment, 9 * UNIT)),
        jars.escrow.open.encode_input(key, RATE, 8 * UNIT, opening),
        jars.escrow.tip.encode_input(jars.supporter, jars.jar, UNIT, "e grazie", tip),
    ]
    jars.deployed.multicall(calls, {"from": jars.relayer})
    assert jars.held() == 9 * UNIT
    assert jars.escrow.claimable(jars.jar) == UNIT
    assert web3.eth.get_transaction_count(jars.supporter.address) == 0


def test_a_permit_that_somebody_used_first_stops_nothing(jars: Jars, usdc_deployment: Usdc) -> None:
    """A thief of permits sends it ahead of the transaction: the allowance is there, the rest goes on."""
    signed = permit(jars, usdc_deployment, 9 * UNIT)
    owner, amount, deadline, v, r, s = signed
    jars.token.permit(owner, jars.escrow, amount, deadline, v, r, s, {"from": jars.stranger})
    calls = [
        jars.escrow.permit.encode_input(*signed),
        jars.escrow.open.encode_input(jars.key(), RATE, 9 * UNIT, ITSELF),
    ]
    jars.deployed.multicall(calls, {"from": jars.supporter})
    assert jars.held() == 9 * UNIT


def test_nobody_spends_what_a_permit_allowed(jars: Jars, usdc_deployment: Usdc) -> None:
    """The allowance is the escrow's, and the escrow takes only by consent."""
    jars.escrow.permit(*permit(jars, usdc_deployment, 9 * UNIT), {"from": jars.stranger})
    assert jars.token.allowance(jars.supporter, jars.escrow) == 9 * UNIT
    with reverts("Custody_NotItself", jars.supporter, jars.stranger):
        jars.escrow.tip(jars.supporter, jars.jar_of(jars.stranger), UNIT, "", ITSELF, {"from": jars.stranger})


# blacklist and pause


def test_a_blacklisted_creator_is_owed_and_names_another_account(jars: Jars, usdc_deployment: Usdc) -> None:
    consent = payer_of(jars, usdc_deployment).moving(UNIT, "Tip", jars.supporter, jars.jar, UNIT, "")
    jars.escrow.tip(jars.supporter, jars.jar, UNIT, "", consent, {"from": jars.relayer})
    usdc_deployment.blacklist(jars.creator.address)
    jars.collect()
    assert jars.escrow.owed(jars.creator) == jars.escrow.totalOwed() == UNIT
    away = jars.consent("OwedWithdrawal", jars.creator, jars.recipient, signer=jars.creator, deadline=FOREVER)
    jars.escrow.withdrawOwed(jars.creator, jars.recipient, away, {"from": jars.relayer})
    assert (jars.balance(jars.recipient), jars.held()) == (UNIT, 0)


def test_a_pause_owes_refunds_and_earnings_until_it_ends(jars: Jars, usdc_deployment: Usdc) -> None:
    key = jars.key()
    consent = payer_of(jars, usdc_deployment).moving(DAY, "OpenStream", *key, RATE, DAY)
    at(NOON + 10 * DAY)
    jars.escrow.open(key, RATE, DAY, consent, {"from": jars.relayer})
    usdc_deployment.pause()
    stop = jars.consent("CancelStream", *key, deadline=FOREVER)
    at(NOON + 10 * DAY + 37)
    jars.escrow.cancel(key, stop, {"from": jars.relayer})
    jars.collect()
    assert (jars.escrow.owed(jars.supporter), jars.escrow.owed(jars.creator)) == (DAY - 37, 37)
    with reverts("Custody_LeftDiffers", 37, 0):
        jars.escrow.withdrawOwed(jars.creator, jars.creator, ITSELF, {"from": jars.creator})
    usdc_deployment.unpause()
    for person in (jars.supporter, jars.creator):
        jars.escrow.withdrawOwed(person, person, ITSELF, {"from": person})
    assert jars.balance(jars.supporter) == 1_000 * UNIT - 37
    assert jars.held() == jars.escrow.totalOwed() == 0


def test_an_escrow_that_is_blacklisted_owes_and_pays_later(jars: Jars, usdc_deployment: Usdc) -> None:
    """The largest risk there is (SECURITY.md): nothing moves while it lasts, and nothing is lost."""
    consent = payer_of(jars, usdc_deployment).moving(UNIT, "Tip", jars.supporter, jars.jar, UNIT, "")
    jars.escrow.tip(jars.supporter, jars.jar, UNIT, "", consent, {"from": jars.relayer})
    usdc_deployment.blacklist(jars.escrow.address)
    jars.collect()
    assert jars.escrow.owed(jars.creator) == jars.held() == UNIT
    again = payer_of(jars, usdc_deployment).moving(UNIT, "Tip", jars.supporter, jars.jar, UNIT, "", nonce=2)
    with reverts("Error", "Blacklistable: account is blacklisted"):
        jars.escrow.tip(jars.supporter, jars.jar, UNIT, "", again, {"from": jars.relayer})
    usdc_deployment.unblacklist(jars.escrow.address)
    jars.escrow.withdrawOwed(jars.creator, jars.creator, ITSELF, {"from": jars.creator})
    assert (jars.balance(jars.creator), jars.held()) == (UNIT, 0)


# accounts with code


def test_a_contract_wallet_pays_by_its_owners_signature(
    jars: Jars, usdc_deployment: Usdc, make_account: MakeAccount
) -> None:
    """USDC asks the wallet (ERC-1271); what was not earned goes back to the wallet."""
    wallet = make_account("Wallet1271", jars.supporter)
    usdc_deployment.mint(wallet.address, DAY)
    key = jars.key(payer=wallet)
    values = (*key, RATE, DAY)
    consent = payer_of(jars, usdc_deployment).moving(DAY, "OpenStream", *values, payer=wallet)
    at(NOON + 5 * DAY)
    jars.escrow.open(key, RATE, DAY, consent, {"from": jars.relayer})
    stop = jars.consent("CancelStream", *key, signer=jars.supporter, deadline=FOREVER)
    at(NOON + 5 * DAY + 100)
    jars.escrow.cancel(key, stop, {"from": jars.relayer})
    assert jars.balance(wallet) == DAY - 100


def test_usdc_refuses_what_an_account_with_borrowed_code_signs_and_an_allowance_serves(
    jars: Jars, usdc_deployment: Usdc, delegate_code: Any
) -> None:
    """EIP-7702: the escrow takes the key's signature, the currency does not; so the money comes by
    allowance."""
    delegate_7702(jars.supporter, delegate_code, jars.relayer)
    values = (jars.supporter, jars.jar, UNIT, "")
    with reverts("Error", "FiatTokenV2: invalid signature"):
        jars.escrow.tip(
            *values, payer_of(jars, usdc_deployment).moving(UNIT, "Tip", *values), {"from": jars.relayer}
        )
    jars.token.approve(jars.escrow, UNIT, {"from": jars.supporter})
    jars.escrow.tip(*values, jars.consent("Tip", *values), {"from": jars.relayer})
    assert jars.escrow.claimable(jars.jar) == UNIT
