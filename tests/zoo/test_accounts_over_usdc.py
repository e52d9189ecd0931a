"""Prepaid accounts over the real USDC (FiatTokenV2_2): one signature consents and pays (EIP-3009), permits go
through multicall (ERC-2612), and its blacklist and its pause leave debts, not losses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from brownie import web3

from largesse.usdc import Usdc
from tests.fixtures.accounts import MakeAccount, container, delegate_7702, key_of
from tests.support.certificates import DAY, World
from tests.support.clock import at, later
from tests.support.errors import reverts
from tests.support.prepaid import ITSELF, Prepaid, settled
from tests.support.usdc_payers import FOREVER, UsdcPayer

UNIT = 10**6


@pytest.fixture(scope="module")
def prepaid(
    still_clock: None, usdc: Any, usdc_deployment: Usdc, make_world: Callable[[Any], World]
) -> Prepaid:
    """The agent has 1,000 USDC, no allowance anywhere, and sends nothing."""
    world = make_world(usdc)
    contract = container("PrepaidAccounts").deploy(world.certificates, {"from": world.deployer})
    usdc_deployment.mint(world.agent.address, 1_000 * UNIT)
    return Prepaid(world, contract)


def payer_of(prepaid: Prepaid, usdc: Usdc) -> UsdcPayer:
    """The agent, who signs."""
    return UsdcPayer(usdc, prepaid.agent, prepaid.contract, prepaid.digest)


def open_signed(prepaid: Prepaid, usdc: Usdc, amount: int, salt: int = 0) -> Any:
    """An account of the agent's by one signature, sent by a relayer."""
    opening = prepaid.opening(salt)
    consent = payer_of(prepaid, usdc).moving(amount, "OpenAccount", str(prepaid.agent), *opening, amount)
    return prepaid.contract.openSigned(prepaid.agent, opening, amount, consent, {"from": prepaid.relayer})


def test_a_payer_without_gas_opens_pays_and_leaves(prepaid: Prepaid, usdc_deployment: Usdc) -> None:
    """Every act is one signature that somebody else sends, and no allowance is ever given."""
    open_signed(prepaid, usdc_deployment, 9 * UNIT)
    key = prepaid.key()
    more = payer_of(prepaid, usdc_deployment).moving(
        UNIT, "TopUpAccount", str(prepaid.agent), *key, UNIT, nonce=2
    )
    prepaid.contract.topUpSigned(key, prepaid.agent, UNIT, more, {"from": prepaid.relayer})
    assert prepaid.money(key) == (10 * UNIT, 0)
    prepaid.settle(prepaid.voucher(key, 4 * UNIT))
    asked = prepaid.consent("RequestWithdrawal", str(prepaid.agent), *key, nonce=1, deadline=FOREVER)
    prepaid.contract.requestWithdrawal(key, asked, {"from": prepaid.relayer})
    later(DAY)
    out = prepaid.consent("Withdraw", str(prepaid.agent), *key, nonce=2, deadline=FOREVER)
    prepaid.contract.withdraw(key, out, {"from": prepaid.relayer})
    assert prepaid.balance(prepaid.merchant) == 4 * UNIT
    assert prepaid.balance(prepaid.agent) == 996 * UNIT
    assert prepaid.held() == prepaid.token.allowance(prepaid.agent, prepaid.contract) == 0
    assert web3.eth.get_transaction_count(prepaid.agent.address) == 0


def test_a_signature_is_used_up_in_the_currency(prepaid: Prepaid, usdc_deployment: Usdc) -> None:
    open_signed(prepaid, usdc_deployment, UNIT)
    with reverts("Error", "FiatTokenV2: authorization is used or canceled"):
        open_signed(prepaid, usdc_deployment, UNIT)


def test_the_signature_pays_for_nothing_else(prepaid: Prepaid, usdc_deployment: Usdc) -> None:
    """Neither another counterparty, signer, delay, expiry, salt or amount, nor an account that there is."""
    opening, relayer = prepaid.opening(), {"from": prepaid.relayer}
    consent = payer_of(prepaid, usdc_deployment).moving(
        UNIT, "OpenAccount", str(prepaid.agent), *opening, UNIT
    )
    others = (str(prepaid.stranger), 1, str(prepaid.stranger), 2 * DAY, FOREVER)
    for place, other in enumerate(others):
        changed = (*opening[:place], other, *opening[place + 1 :])
        with reverts("Error", "FiatTokenV2: invalid signature"):
            prepaid.contract.openSigned(prepaid.agent, changed, UNIT, consent, relayer)
    with reverts("Error", "FiatTokenV2: invalid signature"):
        prepaid.contract.openSigned(prepaid.agent, opening, 2 * UNIT, consent, relayer)
    prepaid.contract.openSigned(prepaid.agent, opening, UNIT, consent, relayer)
    with reverts("Error", "FiatTokenV2: invalid signature"):
        prepaid.contract.topUpSigned(prepaid.key(), prepaid.agent, UNIT, consent, relayer)
    # nor does anybody but the contract get it from the currency
    nonce, deadline, _, signature = consent
    digest = prepaid.digest("OpenAccount", str(prepaid.agent), *opening, UNIT, nonce, deadline)
    with reverts("Error", "FiatTokenV2: caller must be the payee"):
        prepaid.token.receiveWithAuthorization(
            prepaid.agent, prepaid.contract, UNIT, 0, deadline, digest, signature, relayer
        )


def test_a_deadline_is_the_currencys_too(prepaid: Prepaid, usdc_deployment: Usdc) -> None:
    opening, deadline = prepaid.opening(), prepaid.now() + 100
    values = (str(prepaid.agent), *opening, UNIT)
    consent = payer_of(prepaid, usdc_deployment).moving(UNIT, "OpenAccount", *values, deadline=deadline)
    at(deadline)
    with reverts("Error", "FiatTokenV2: authorization is expired"):
        prepaid.contract.openSigned(prepaid.agent, opening, UNIT, consent, {"from": prepaid.relayer})


def permit(prepaid: Prepaid, usdc: Usdc, amount: int) -> tuple[Any, ...]:
    return payer_of(prepaid, usdc).permit(int(prepaid.token.nonces(prepaid.agent)), amount)


def test_a_permit_and_two_consents_in_one_transaction(prepaid: Prepaid, usdc_deployment: Usdc) -> None:
    """Sent by a relayer; a thief of permits who sent it ahead has stopped nothing."""
    signed = permit(prepaid, usdc_deployment, 9 * UNIT)
    owner, amount, deadline, v, r, s = signed
    prepaid.token.permit(owner, prepaid.contract, amount, deadline, v, r, s, {"from": prepaid.stranger})
    opening, key = prepaid.opening(), prepaid.key()
    opens = prepaid.consent("OpenAccount", owner, *opening, 8 * UNIT, nonce=1, deadline=FOREVER)
    more = prepaid.consent("TopUpAccount", owner, *key, UNIT, nonce=2, deadline=FOREVER)
    calls = [
        prepaid.contract.permit.encode_input(*signed),
        prepaid.contract.openSigned.encode_input(owner, opening, 8 * UNIT, opens),
        prepaid.contract.topUpSigned.encode_input(key, owner, UNIT, more),
    ]
    prepaid.contract.multicall(calls, {"from": prepaid.relayer})
    assert prepaid.money(key) == (9 * UNIT, 0)
    assert prepaid.token.allowance(owner, prepaid.contract) == 0


# blacklist and pause


def test_a_blacklisted_seller_settles_is_owed_and_names_another_account(
    prepaid: Prepaid, usdc_deployment: Usdc
) -> None:
    open_signed(prepaid, usdc_deployment, 3 * UNIT)
    usdc_deployment.blacklist(prepaid.merchant.address)
    prepaid.settle(prepaid.voucher(prepaid.key(), UNIT))
    assert prepaid.contract.owed(prepaid.merchant) == prepaid.contract.totalOwed() == UNIT
    values = (str(prepaid.merchant), str(prepaid.recipient))
    away = prepaid.consent("OwedWithdrawal", *values, signer=prepaid.merchant, deadline=FOREVER)
    prepaid.contract.withdrawOwed(prepaid.merchant, prepaid.recipient, away, {"from": prepaid.relayer})
    assert (prepaid.balance(prepaid.recipient), prepaid.held()) == (UNIT, 2 * UNIT)


def test_a_pause_owes_settlements_and_withdrawals_until_it_ends(
    prepaid: Prepaid, usdc_deployment: Usdc
) -> None:
    open_signed(prepaid, usdc_deployment, 3 * UNIT)
    key = prepaid.key()
    prepaid.request_withdrawal(key)
    later(DAY)
    usdc_deployment.pause()
    prepaid.settle(prepaid.voucher(key, UNIT))
    prepaid.withdraw(key)
    assert (prepaid.contract.owed(prepaid.merchant), prepaid.contract.owed(prepaid.agent)) == (UNIT, 2 * UNIT)
    with reverts("Custody_LeftDiffers", UNIT, 0):
        prepaid.contract.withdrawOwed(prepaid.merchant, prepaid.merchant, ITSELF, {"from": prepaid.merchant})
    usdc_deployment.unpause()
    for person in (prepaid.merchant, prepaid.agent):
        prepaid.contract.withdrawOwed(person, person, ITSELF, {"from": person})
    assert (prepaid.balance(prepaid.merchant), prepaid.balance(prepaid.agent)) == (UNIT, 999 * UNIT)
    assert prepaid.held() == prepaid.contract.totalOwed() == 0


def test_accounts_that_are_blacklisted_owe_and_pay_later(prepaid: Prepaid, usdc_deployment: Usdc) -> None:
    """The largest risk there is (SECURITY.md): nothing moves while it lasts, and nothing is lost."""
    open_signed(prepaid, usdc_deployment, 3 * UNIT)
    usdc_deployment.blacklist(prepaid.contract.address)
    assert settled(prepaid.settle(prepaid.voucher(prepaid.key(), UNIT))).payout == UNIT
    assert (prepaid.contract.owed(prepaid.merchant), prepaid.held()) == (UNIT, 3 * UNIT)
    with reverts("Error", "Blacklistable: account is blacklisted"):
        open_signed(prepaid, usdc_deployment, UNIT, salt=1)
    usdc_deployment.unblacklist(prepaid.contract.address)
    prepaid.contract.withdrawOwed(prepaid.merchant, prepaid.merchant, ITSELF, {"from": prepaid.merchant})
    assert (prepaid.balance(prepaid.merchant), prepaid.held()) == (UNIT, 2 * UNIT)


# accounts with code


def test_a_contract_wallet_opens_by_its_owners_signature(
    prepaid: Prepaid, usdc_deployment: Usdc, make_account: MakeAccount
) -> None:
    """USDC asks the wallet (ERC-1271); what was not taken goes back to the wallet."""
    wallet = make_account("Wallet1271", prepaid.agent)
    usdc_deployment.mint(wallet.address, 5 * UNIT)
    opening, key = prepaid.opening(owner=wallet), prepaid.key(owner=wallet)
    values = (str(wallet), *opening, 5 * UNIT)
    consent = payer_of(prepaid, usdc_deployment).moving(5 * UNIT, "OpenAccount", *values, payer=wallet)
    prepaid.contract.openSigned(wallet, opening, 5 * UNIT, consent, {"from": prepaid.relayer})
    prepaid.settle(prepaid.voucher(key, UNIT))
    asked = prepaid.consent("RequestWithdrawal", str(wallet), *key, nonce=1, deadline=FOREVER)
    prepaid.contract.requestWithdrawal(key, asked, {"from": prepaid.relayer})
    later(DAY)
    out = prepaid.consent("Withdraw", str(wallet), *key, nonce=2, deadline=FOREVER)
    prepaid.contract.withdraw(key, out, {"from": prepaid.relayer})
    assert (prepaid.balance(wallet), prepaid.held()) == (4 * UNIT, 0)


def test_usdc_refuses_what_an_account_with_borrowed_code_signs_and_an_allowance_serves(
    prepaid: Prepaid, usdc_deployment: Usdc, delegate_code: Any
) -> None:
    """EIP-7702: the accounts take the key's signature, the currency does not; so the money comes by
    allowance. Vouchers need no currency."""
    delegate_7702(prepaid.agent, delegate_code, prepaid.relayer)
    with reverts("Error", "FiatTokenV2: invalid signature"):
        open_signed(prepaid, usdc_deployment, UNIT)
    prepaid.token.approve(prepaid.contract, UNIT, {"from": prepaid.agent})
    opening = prepaid.opening(signer=prepaid.agent)
    consent = prepaid.consent("OpenAccount", str(prepaid.agent), *opening, UNIT, deadline=FOREVER)
    prepaid.contract.openSigned(prepaid.agent, opening, UNIT, consent, {"from": prepaid.relayer})
    key = prepaid.key()
    prepaid.settle(prepaid.voucher(key, UNIT, private_key=key_of(prepaid.agent)))
    assert (prepaid.balance(prepaid.merchant), prepaid.held()) == (UNIT, 0)
